# SPDX-License-Identifier: GPL-2.0-only
#
# What requests do to user memory: tests/guest/bar-untouched, which checks memory, and the trace
# of two devices whose mappings are buffers.
package Untouched;

use strict;
use warnings;
no warnings 'portable';

use File::Temp qw(tempdir);
use Test::More;

use Lab;
use Trace;

# Groups of requests that the guest checks itself, and the name of the test.
my @GROUPS = (
	[ 'fail-to-device' => 'a read that fails returns its errno, and a device that is its buffer raises no interrupt' ],
	[ 'read-to-device' => 'a device can be the buffer of a read' ],
	[ 'cut' => 'a buffer that ends gets what is returned, and nothing beyond changes' ],
	[ 'late' => 'a buffer whose first byte cannot be written stays as it was' ],
	[ 'held' => 'a request waits for a page that is held back if it has bytes for it' ],
	[ 'source' => 'a write returns what it could load and does not change its source' ],
	[ 'buffer' => 'memory of each kind stays unchanged and unallocated if a read fails' ],
);

# What the trace must show for a group of requests.
my %TRACES = (
	'fail-to-device' => 'no access reaches the device that is the buffer',
	'read-to-device' => 'the device that is the buffer gets each byte once, ascending, and is not read',
	'cut' => 'the device before a bad page gets each returned byte once and no other',
	'late' => 'the device after a bad page gets nothing',
	'held' => 'the device is read once, and gets nothing of a write whose source is gone',
	'source' => 'a chunk with a missing byte makes no access; a source is loaded once, before the access, and not written',
);

# The trials with increments: where the incremented words are.
my @TRIALS = (
	[ 'decode-off' => 'in the buffer of a read with memory decode off' ],
	[ 'rom-decode-off' => 'in the buffer of a read of the ROM with memory decode off' ],
	[ 'claimed' => 'in the buffer of a read of a BAR that the kernel has claimed' ],
	[ 'beyond-end' => 'in the buffer of a read at the end of the BAR' ],
	[ 'far-beyond' => 'in the buffer of a read far beyond the BAR' ],
	[ 'around' => 'next to the buffer of a read that succeeds' ],
	[ 'short' => 'in the buffer beyond what a read across the end of the BAR returns' ],
	[ 'bad-first' => 'in the buffer of a read, after bytes that cannot be written' ],
	[ 'read-only' => 'in memory whose read-only mapping is the buffer of a read' ],
	[ 'write' => 'in the source of a write that succeeds' ],
	[ 'write-decode-off' => 'in the source of a write with memory decode off' ],
);

# QEMU's names of the regions.
my %REGIONS = (regs => 'edu-mmio', sound => 'intel-hda');

my %WAYS = (
	livepatch => 'lab_load_vfio && lab_bind && lab_load_width',
	replacement => 'lab_load_vfio && lab_bind',
);

# A device whose BAR the kernel claims, and one that takes accesses of any width everywhere, so
# that the trace has the bytes.
my $QEMU = join ' ', '-object memory-backend-ram,id=erst,size=64K,share=on',
	'-device acpi-erst,memdev=erst,addr=0xd', '-device intel-hda,addr=0xe';
my @FUNCTIONS = qw(0000:00:0d.0 0000:00:0e.0);

# ---- the trace ----

# { ID => { group, text, expect => { DEVICE => [ [rw, offset, byte], ... ] } } }
sub read_requests {
	my ($results) = @_;
	my %requests;

	for (split /\n/, $results) {
		if (/^request (\d+) (\S+) (.*)/) {
			$requests{$1} = { group => $2, text => $3, expect => {} };
		} elsif (/^expect (\d+) (\S+) ([rw]) 0x([0-9a-f]+) ([0-9a-f]+)/) {
			my ($id, $device, $rw, $off, @bytes) = ($1, $2, $3, hex $4, unpack 'C*', pack 'H*', $5);

			push @{$requests{$id}{expect}{$device}}, map { [ $rw, $off + $_, $bytes[$_] ] } 0 .. $#bytes;
		} elsif (/^loads (\d+)/) {
			$requests{$1}{may_load} = 1;
		}
	}
	return \%requests;
}

sub bars {
	my ($results) = @_;
	my %bars;

	while ($results =~ /^bar (\S+) \d+ 0x([0-9a-f]+) 0x([0-9a-f]+) mem/mg) {
		$bars{$1} = { mode => 'ops', base => hex $2, size => hex $3 } if $REGIONS{$1};
	}
	return \%bars;
}

# The trace has the offset, but not the device, of an access that a model refuses.
sub events_of {
	my ($events, $region) = @_;

	return [ grep { $_->{kind} ne 'refused' || $_->{name} eq $region || $_->{name} eq '(null)' } @$events ];
}

# An access byte by byte; bytes are undef if the model refused the access.
sub split_access {
	my ($access) = @_;
	my @bytes = Trace::bytes($access);

	return map { [ substr($access->{rw}, 0, 1), $access->{off} + $_, $bytes[$_] ] } 0 .. $access->{width} - 1;
}

sub byte_text {
	my ($byte) = @_;

	return 'nothing' unless $byte;
	return sprintf '%s of %s at 0x%x', $byte->[0] eq 'r' ? 'a read' : 'a write',
		defined $byte->[2] ? sprintf('0x%02x', $byte->[2]) : 'something', $byte->[1];
}

sub differs {
	my ($seen, $wanted) = @_;

	return !!$seen != !!$wanted unless $seen && $wanted;
	return $seen->[0] ne $wanted->[0] || $seen->[1] != $wanted->[1] ||
		(defined $seen->[2] && $seen->[2] != $wanted->[2]);
}

# What is wrong with the accesses of a request on one device.
sub device_fault {
	my ($request, $device, @seen) = @_;
	my @wanted = @{$request->{expect}{$device} // []};
	my $last = @seen > @wanted ? $#seen : $#wanted;

	@seen = grep { $_->[0] ne 'r' } @seen if $request->{may_load} && $device eq 'sound';
	for my $i (0 .. $last) {
		next unless differs($seen[$i], $wanted[$i]);
		return sprintf '%s: byte %u at %s is %s, should be %s', $request->{text}, $i, $device,
			byte_text($seen[$i]), byte_text($wanted[$i]);
	}
	return ();
}

# All loads of a source precede the first access with its bytes.
sub order_fault {
	my ($request, $bars, $events) = @_;
	my $written;

	for my $event (grep { $_->{kind} eq 'ops' } @$events) {
		my ($device) = grep { $event->{addr} >= $bars->{$_}{base} && $event->{addr} < $bars->{$_}{base} +
			$bars->{$_}{size} } keys %$bars;

		$written = 1 if $device eq 'regs' && $event->{rw} eq 'write';
		return "$request->{text}: a load follows a store"
			if $device eq 'sound' && $event->{rw} eq 'read' && $written;
	}
	return ();
}

sub check_traces {
	my ($file, $results) = @_;
	my $requests = read_requests($results);
	my $bars = bars($results);
	my $events = Trace::events($file, sub {
		my ($addr) = @_;

		return grep { $addr >= $_->{base} && $addr < $_->{base} + $_->{size} } values %$bars;
	});
	my (%faults, %bytes);

	for my $id (sort { $a <=> $b } keys %$requests) {
		my $request = $requests->{$id};
		my $found = $events->{$id};

		push @{$faults{$request->{group}}}, "$request->{text}: there are no markers" unless $found;
		for my $device (sort keys %REGIONS) {
			my @seen = map { split_access($_) } @{Trace::accesses(events_of($found, $REGIONS{$device}),
				$bars->{$device})};

			$bytes{$request->{group}} += @seen;
			push @{$faults{$request->{group}}}, device_fault($request, $device, @seen);
		}
		push @{$faults{$request->{group}}}, order_fault($request, $bars, $found);
	}
	for my $group (grep { $TRACES{$_} } map { $_->[0] } @GROUPS) {
		my @faults = @{$faults{$group} // []};

		is(scalar @faults, 0, "$group: $TRACES{$group}")
			or diag(join "\n", @faults[0 .. ($#faults < 9 ? $#faults : 9)]);
	}
	# Without these the trace would prove nothing.
	cmp_ok($bytes{$_} // 0, '>', 1000, "$_: the trace has bytes") for qw(read-to-device cut held source);
}

# ---- increments ----

# The numbers depend on the host. A path that writes back loses some in a few thousand requests.
use constant { TRIAL_REQUESTS => 100, TRIAL_INCREMENTS => 10000 };

sub check_increments {
	my ($results) = @_;
	my %sums;

	while ($results =~ /^count (\S+) \S+ \d+ requests (\d+) increments (\d+) lost (\d+)$/mg) {
		my $sum = $sums{$1} //= { requests => 0, increments => 0, lost => 0 };

		$sum->{requests} += $2;
		$sum->{increments} += $3;
		$sum->{lost} += $4;
	}
	for my $trial (@TRIALS) {
		my ($name, $what) = @$trial;
		my $sum = $sums{$name} // { requests => 0, increments => 0, lost => 0 };
		my $text = "$sum->{requests} requests, $sum->{lost} of $sum->{increments} lost";

		is($sum->{lost}, 0, "increments: none is lost $what");
		ok($sum->{requests} >= TRIAL_REQUESTS && $sum->{increments} >= TRIAL_INCREMENTS,
			"increments: enough are made: $name") or diag($text);
		diag("$name: $text") if $ENV{VPW_KEEP};
	}
	ok($results =~ /^group increments requests \d+ wrongs 0 /m, 'increments: each request returns what it should');
}

# ---- the test ----

# Boots the kernel in $dir. Options: way => 'livepatch' or 'replacement', seconds => duration of
# the increments, boot => [options of lab-boot].
sub test_kernel {
	my ($dir, %opt) = @_;
	my $way = $opt{way} // 'livepatch';
	my $seconds = $ENV{VPW_SECONDS} // $opt{seconds} // 5;
	my @modules = $way eq 'livepatch' ? Lab::module($dir) : Lab::replacement_modules($dir);
	my $out = tempdir(CLEANUP => !$ENV{VPW_KEEP});

	# The second CPU is offline while BARs come and go and while the livepatch is applied: see
	# scripts/lab/devices.sh.
	local $ENV{VPW_ACCEL} = $ENV{VPW_ACCEL} // 'tcg,thread=multi';
	diag("kept: $out") if $ENV{VPW_KEEP};
	Lab::write_file("$out/job", "LAB_ALL=\"\$LAB_ALL @FUNCTIONS\"\n$WAYS{$way} && bar-untouched $seconds\n");
	# The kernel logs each request on a claimed BAR.
	my $booted = Lab::boot($dir, $out, (map { ('--module', $_) } @modules), '--smp', 2,
		'--append', 'maxcpus=1 log_buf_len=8M',
		'--qemu', $QEMU, '--file', Lab::guest_program('bar-untouched'), @{$opt{boot} // []});
	my $results = Lab::read_file("$out/results");

	ok($booted, 'the machine finishes, and the kernel reports no fault');
	ok($results =~ /^done$/m, 'the program finishes');
	diag($_) for $results =~ /^(wrong .*)/mg;
	for my $group (@GROUPS) {
		my ($name, $what) = @$group;

		ok($results =~ /^group $name requests [1-9]\d+ wrongs 0 /m, "$name: $what");
	}
	my $exact = () = $results =~ /^exact$/mg;
	cmp_ok($exact, '>', 500, 'cut: there are short counts');
	check_traces("$out/trace.log", $results);
	check_increments($results);
}

1;
