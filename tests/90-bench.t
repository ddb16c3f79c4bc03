#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# What a request costs, in instructions: no more than the recorded baseline and 2 %, and
# what the rework promises compared with stock. Counts, not times: they are the same on
# any machine. Whoever makes the path dearer on purpose records it anew, with
# VPW_RECORD=1 prove tests/90-bench.t.
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
		next if /^#/;
		my ($setup, $release, $what, $direction, $count, $stock, $ours) = split;
		$baseline{$setup}{release} = $release;
		$baseline{$setup}{"$what $direction $count"} = [ $stock, $ours ];
	}
	return \%baseline;
}

my $baseline = baseline();
my @record;

# The recorded count on the recorded kernel. Another build of the kernel has other counts
# outside of the path, so there it is what the rework adds to stock's.
sub compare {
	my ($name, $found, $key) = @_;
	my $then = $baseline->{$name}{$key};
	my ($stock, $ours) = ($found->{stock}{$key}, $found->{ours}{$key});

	return ok(0, "$name: $key is in the baseline") unless $then;
	if ($found->{release} eq $baseline->{$name}{release}) {
		return cmp_ok($ours, '<=', $then->[1] * 1.02, "$name: $key takes no more than recorded ($then->[1])");
	}
	return cmp_ok($ours - $stock, '<=', $then->[1] - $then->[0] + 0.02 * $then->[1],
		"$name: $key adds no more to stock's than recorded, on another kernel");
}

for my $name ('6.1', '6.12-modules', 's390x-6.12-modules') {
	my $found = Bench::count($Bench::SETUPS{$name});
	ok($found, "$name: all requests were counted") or next;
	push @record, map { join(' ', $name, $found->{release}, $_, $found->{stock}{$_}, $found->{ours}{$_}) . "\n" } @guarded;
	compare($name, $found, $_) for $ENV{VPW_RECORD} ? () : @guarded;
	Bench::check_promises($name, $found);
}
Lab::write_file($file, "# setup, kernel, what, direction, bytes, instructions of stock and ours\n" . join '', @record)
	if $ENV{VPW_RECORD};
done_testing;
