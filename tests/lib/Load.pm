# SPDX-License-Identifier: GPL-2.0-only
#
# Requests while the livepatch is enabled and disabled, checked against the device's trace.
package Load;

use strict;
use warnings;

use File::Temp qw(tempdir);
use Test::More;

use Lab;
use Trace;

# As in tests/guest/bar-load.c.
use constant {
	EDU_SLOTS => 0x1000,
	KILLS => 4,
	WRITER_MAGIC => 0x57,
};

sub edu_base {
	my ($results) = @_;

	return hex $1 if $results =~ /^bar edu 0 0x([0-9a-f]+)/m;
	die "the log does not say where edu is\n";
}

# All writes to the slots in the order in which the device saw them, and those between two
# markers by the markers' number.
sub slot_writes {
	my ($file, $base) = @_;
	my (@writes, %quiet, $quiet);

	open my $trace, '<', $file or die "$file: $!\n";
	while (<$trace>) {
		no warnings 'portable';
		next unless /^memory_region_ops_write cpu \d+ mr \S+ addr 0x([0-9a-f]+) value 0x([0-9a-f]+) size (\d+) name 'edu-mmio'/;
		my ($addr, $value, $width) = (hex $1, hex $2, $3);

		if ($addr < $base || $addr >= $base + 0x100000) {
			my ($kind, $id) = ($value >> 32, $value & 0xffffffff);
			$quiet = $kind == 0x56505742 ? $id : undef;
			next;
		}
		my $write = { off => $addr - $base - EDU_SLOTS, value => $value, width => $width };
		push @writes, $write;
		push @{$quiet{$quiet}}, $write if defined $quiet;
	}
	return (\@writes, \%quiet);
}

# The 8-byte values of a writer, combined from whole and half writes.
sub values_of_writer {
	my ($writer, @writes) = @_;
	my ($low, @values);

	for my $write (grep { int($_->{off} / 8) == $writer } @writes) {
		if ($write->{width} == 8) {
			push @values, $write->{value};
		} elsif ($write->{off} % 8 == 0) {
			$low = $write->{value};
		} else {
			push @values, $write->{value} << 32 | $low;
		}
	}
	return @values;
}

# Each number arrives once and in order, up to the last that the writer logged.
sub check_writer {
	my ($writer, $last, @writes) = @_;
	my @values = values_of_writer($writer, @writes);
	my $wrong;

	for my $i (0 .. $#values) {
		my $number = $values[$i] & 0xffffffff;
		my $magic = $values[$i] >> 56;
		next if $number == $i + 1 && $magic == WRITER_MAGIC;
		$wrong = sprintf 'write %u reached the device as 0x%x', $i + 1, $values[$i];
		last;
	}
	ok(!$wrong && @values == $last, "writer $writer: each of $last requests reached the device once")
		or diag($wrong // 'the device saw ' . @values);
}

# Checks the widths between markers: odd ones are with the livepatch, even ones without.
sub check_widths {
	my ($quiet, $stock) = @_;
	my (%with, %without);

	for my $id (keys %$quiet) {
		my $seen = $id % 2 ? \%with : \%without;
		$seen->{$_->{width}}++ for @{$quiet->{$id}};
	}
	is(join(' ', sort keys %with), '8', 'with the livepatch, each request is one access of 8');
	is(join(' ', sort keys %without), $stock, "without the livepatch, the accesses have a width of $stock");
}

# $opt{times}: how often to switch; $opt{stock}: the widths to which stock splits 8 bytes.
sub test_switch {
	my ($dir, %opt) = @_;
	my $out = tempdir(CLEANUP => !$ENV{VPW_KEEP});

	diag("kept: $out") if $ENV{VPW_KEEP};
	Lab::write_file("$out/job", <<"JOB");
lab_load_vfio && lab_bind && bar-load switch $opt{times} || exit 1
lab_load_width && bar-load first 30 && bar-load kill && bar-load outlive
JOB
	my $booted = Lab::boot($dir, $out, '--module', Lab::module($dir), '--timeout', 600,
		'--file', Lab::guest_program('bar-load'), @{$opt{boot} // []});
	ok($booted, 'the machine finishes without a fault') or return;

	my $results = Lab::read_file("$out/results");
	my $base = edu_base($results);
	my ($writes, $quiet) = slot_writes("$out/trace.log", $base);

	like($results, qr/^switched $opt{times} /m, "the livepatch is enabled and disabled $opt{times} times");
	my ($reversed) = $results =~ /^switched \d+ went-back (\d+)/m;
	# Chance: there is nothing to reverse if a transition has completed when the module is loaded.
	note("$reversed transitions were reversed");
	for my $writer (0, 1) {
		my ($last) = $results =~ /^written $writer (\d+)/m;
		cmp_ok($last, '>', 10 * $opt{times}, "writer $writer makes many requests");
		check_writer($writer, $last, @$writes);
		like($results, qr/^checked $writer [1-9]/m, "checker $writer reads what it wrote");
	}
	check_widths($quiet, $opt{stock});
	like($results, qr/^first 30 /m, 'concurrent first requests all succeed');
	check_kill("$out/trace.log", $results, $base);
	like($results, qr/^claims $_ [1-9]/m, "$_ can be read after the module is unloaded")
		for qw(/proc/iomem /proc/ioports);
}

sub check_kill {
	my ($trace, $results, $base) = @_;
	my $events = Trace::events($trace, sub { $_[0] >= $base && $_[0] < $base + 0x100000 });
	my (@last, @text);

	for my $id (1 .. KILLS) {
		my @reads = grep { $_->{rw} eq 'read' } @{Trace::accesses($events->{$id} // [],
			{ mode => 'ops', base => $base, size => 0x100000 })};
		push @last, $reads[-1]{off} if @reads;
	}
	@text = ('the last accesses: ', join ' ', map { sprintf '0x%x', $_ } @last);

	is(scalar(() = $results =~ /^killed \d+ 9$/mg), KILLS, 'a fatal signal ends a long request');
	# A request is 64 Ki accesses, and a chunk is 512 of them.
	ok(@last == KILLS && !grep({ $_ % 4096 != 4088 } @last),
		'a killed request ends between two chunks') or diag(@text);
	ok((grep { $_ != EDU_SLOTS + 0x7fff8 } @last), 'and before all of it is read')
		or diag(@text);
}

1;
