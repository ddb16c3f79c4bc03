#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# A request takes at most 2 % more instructions than the recorded baseline, and the rework's
# promises compared with stock hold. Instruction counts are the same on any machine. After an
# intended change, record a new baseline: VPW_RECORD=1 prove tests/90-bench.t.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Bench;
use Lab;

my $file = "$FindBin::Bin/bench-baseline";
my @guarded = map { my $s = $_; map { "memory $_ $s" } qw(read write) } 1, 8, 64, 4096;

sub baseline {
	my %baseline;

	open my $in, '<', $file or return {};
	while (<$in>) {
		$baseline{compiler} = $1 if /^# with (gcc \d+)$/;
		next if /^#/;
		my ($setup, $release, $what, $direction, $count, $stock, $ours) = split;
		$baseline{$setup}{release} = $release;
		$baseline{$setup}{"$what $direction $count"} = [ $stock, $ours ];
	}
	return \%baseline;
}

my $baseline = baseline();
my @record;

# Compares the count on the recorded kernel. Another build of the kernel has other counts
# outside of the path, so there the difference to stock is compared.
sub compare {
	my ($name, $found, $key) = @_;
	my $then = $baseline->{$name}{$key};
	my ($stock, $ours) = ($found->{stock}{$key}, $found->{ours}{$key});

	return ok(0, "$name: $key is in the baseline") unless $then;
	if ($found->{release} eq $baseline->{$name}{release}) {
		return cmp_ok($ours, '<=', $then->[1] * 1.02, "$name: $key takes no more than recorded ($then->[1])");
	}
	return cmp_ok($ours - $stock, '<=', $then->[1] - $then->[0] + 0.02 * $then->[1],
		"$name: $key adds no more to stock than recorded, on another kernel");
}

for my $name ('6.1', '6.12-modules', 's390x-6.12-modules') {
	my $found = Bench::count($Bench::SETUPS{$name});
	ok($found, "$name: all requests are counted") or next;
	push @record, map { join(' ', $name, $found->{release}, $_, $found->{stock}{$_}, $found->{ours}{$_}) . "\n" } @guarded;
	SKIP: {
		last SKIP if $ENV{VPW_RECORD};
		skip("the baseline is that of $baseline->{compiler}, not of $Bench::COMPILER", scalar @guarded)
			if $baseline->{compiler} ne $Bench::COMPILER;
		compare($name, $found, $_) for @guarded;
	}
	Bench::check_promises($name, $found);
}
Lab::write_file($file, "# with $Bench::COMPILER\n# setup, kernel, what, direction, bytes, instructions of stock and ours\n" . join '', @record)
	if $ENV{VPW_RECORD};
done_testing;
