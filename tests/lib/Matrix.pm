# SPDX-License-Identifier: GPL-2.0-only
#
# The test matrix: requests on emulated devices under one kernel. Each request is compared with
# the device's trace and with the data. This is the matrix for a PC; VirtMatrix and ZpciMatrix
# have the differences on arm64 and s390x.
package Matrix;

use strict;
use warnings;

use File::Temp qw(tempdir);
use List::Util qw(min);
use Test::More;

use Lab;
use Plan;
use Trace;

use constant { EIO => 5, EFAULT => 14, EINVAL => 22 };

# The BARs under test. `base' and `size' come from the machine; `from' is where requests begin,
# beyond registers with side effects.
my %BARS = (
	absent => { dev => 'edu', bar => 3, mode => 'none', max => 8 },
	edu => { dev => 'edu', bar => 0, mode => 'ops', max => 8, from => 0x1000 },
	nic => { dev => 'nic', bar => 1, mode => 'subpage', max => 8, from => 0 },
	port => { dev => 'nic', bar => 0, mode => 'port', max => 4, from => 0 },
	rom => { dev => 'nicx', bar => 6, mode => 'subpage', max => 4, from => 0,
		 hole => 1024, hole_size => 1024 },
	msix => { dev => 'nicx', bar => 3, mode => 'ops', max => 8, from => 0,
		  hole => 0, hole_size => 0x50 },
	nvme => { dev => 'nvme', bar => 0, mode => 'ops', max => 8, from => 0, model_end => 0x2000,
		  hole => 0x2000, hole_size => 0x410 },
	memory => { dev => 'memory', bar => 2, mode => 'none', max => 8, from => 0 },
);

my %SIZES = (
	absent => 0, edu => 0x100000, nic => 0x100, port => 0x100, rom => 0x800, msix => 0x4000,
	nvme => 0x4000, memory => 0x400000,
);

my %DEVICES = (
	edu => '0000:00:04.0', nic => '0000:00:05.0', nicx => '0000:00:06.0',
	nvme => '0000:00:07.0', memory => '0000:00:08.0',
);

my %IDS = (edu => '1234:11e8', nic => '10ec:8139', nicx => '8086:10d3');

# Values of bar_max_width.
my @LIMITS = (1, 2, 4, 8, 4096, '4,1234:11e8:8', '1234:11e8:2', '1234:11e8:1,8,1234:11e8:2,4',
	'4,1234:11e8:0', '8086:1572:1,2', '10EC:8139:2', '8,8086:10d3:1', 0);

# How the rework gets into the machine: the start of the job, and the module with the parameters.
# `latches': a device keeps the limit with which it was opened; the livepatch looks it up for
# each request.
my %WAYS = (
	livepatch => {
		load => 'lab_load_vfio && lab_bind && lab_load_width',
		module => 'vfio_pci_width',
		patch => 1,
	},
	replacement => {
		load => 'lab_load_vfio && lab_bind',
		module => 'vfio_pci_core',
		latches => 1,
	},
	# The kernel was built from a tree with the rework.
	'in-tree' => {
		load => 'lab_load_vfio && lab_bind',
		module => 'vfio_pci_core',
		latches => 1,
	},
);

sub new {
	my ($class, $way) = @_;
	my %self = (
		way => $WAYS{$way}, steps => [], requests => [], group => 'none', groups => [],
		next_id => 1, $class->machine,
	);

	return bless \%self, $class;
}

# `registers' is a BAR that takes any request and whose accesses are all traced.
sub machine {
	return (bars => \%BARS, sizes => \%SIZES, devices => \%DEVICES, ids => \%IDS, limits => \@LIMITS,
		registers => 'edu');
}

sub step {
	my ($self, $line) = @_;

	push @{$self->{steps}}, $line;
}

sub group {
	my ($self, $name) = @_;

	$self->{group} = $name;
	push @{$self->{groups}}, $name;
}

# Adds a request. $opt{ret} and $opt{errno} are the expected result; by default, the contract's
# for a good request. $opt{max} lowers the widest access below the BAR's. With $opt{fails} the
# device fails the access after the bytes that are returned. $opt{seen} is the number of bytes
# that reach the device if it is more than what is returned: a read accesses the device before
# its destination is known to be good.
sub request {
	my ($self, $rw, $name, $off, $count, %opt) = @_;
	my $bar = $self->{bars}{$name};
	my $left = $self->{sizes}{$name} - $off;
	my $ret = $opt{errno} ? -1 : $opt{ret} // ($count < $left ? $count : $left);
	my %limited = (%$bar, max => min($bar->{max}, $opt{max} // $bar->{max}));
	my $end = $opt{seen} // ($ret > 0 ? $ret : 0);
	my %request = (
		id => $self->{next_id}++, rw => $rw, name => $name, off => $off,
		count => $count, group => $self->{group}, ret => $ret,
		errno => $opt{errno} // 0, mem => $opt{mem} // 'good', seen => $end,
	);

	$request{accesses} = $end ? Plan::accesses(\%limited, $off, $end, $rw) : [];
	push @{$request{accesses}},
		Plan::accesses(\%limited, $off + $end, $count - $end, $rw)->[0] if $opt{fails};
	push @{$self->{requests}}, \%request;
	$self->step(join ' ', $rw, $request{id}, $bar->{dev}, $bar->{bar}, $off, $count, $request{mem});
	return \%request;
}

# A write and a read.
sub both {
	my ($self, @request) = @_;

	$self->request($_, @request) for qw(write read);
}

sub plan_widths {
	my ($self, @names) = @_;

	for my $name (@names) {
		my $from = $self->{bars}{$name}{from};

		for my $width (1, 2, 4, 8) {
			$self->group("$name: $width bytes at every offset 0..15");
			$self->both($name, $from + $_, $width) for 0 .. 15;
		}
	}
}

sub plan_lengths {
	my ($self, @names) = @_;

	for my $name (@names) {
		my $from = $self->{bars}{$name}{from};

		$self->group("$name: 3, 5, 6, 7, 9, 16 and 63 bytes at every offset 0..15");
		for my $count (3, 5, 6, 7, 9, 16, 63) {
			$self->both($name, $from + $_, $count) for 0 .. 15;
		}
	}
}

sub plan_pages {
	my ($self, @names) = @_;

	for my $name (@names) {
		my $from = $self->{bars}{$name}{from};

		$self->group("$name: 4095, 4096 and 4097 bytes, across page ends");
		for my $count (4095, 4096, 4097) {
			$self->both($name, $from + $_, $count) for 0, 1, 3, 4, 7, 8, 2048, 4092, 4095;
		}
		$self->group("$name: short requests across a page end");
		for my $count (2 .. 16) {
			$self->both($name, $from + 4096 - $_, $count) for 1 .. $count - 1;
		}
	}
}

sub plan_long {
	my ($self) = @_;

	$self->group("$self->{registers}: 1 MiB less the registers");
	$self->both($self->{registers}, 0x1000, 0xff000);
	$self->group('memory: 1 MiB, and 2 MiB from an odd offset into an odd buffer');
	$self->both('memory', 0, 1 << 20);
	$self->both('memory', 0x100003, 2 << 20, mem => 'odd');
}

sub plan_hole {
	my ($self) = @_;
	my $start = $self->{bars}{nvme}{hole};
	my $after = $start + $self->{bars}{nvme}{hole_size};

	# Writes are safe: a doorbell of a disabled controller takes any value.
	$self->group('nvme: across the start of the MSI-X table');
	for my $before (1, 2, 4, 8, 12, 16) {
		$self->both('nvme', $start - $before, $before + $_) for 1, 2, 4, 8, 32;
	}
	$self->group('nvme: inside the MSI-X table');
	$self->both('nvme', $start + $_->[0], $_->[1])
		for [0, 1], [0, 4], [0, 8], [8, 8], [3, 5], [0x40f, 1], [0x400, 16], [0, 0x410];
}

sub plan_behind_hole {
	my ($self) = @_;
	my $start = $self->{bars}{nvme}{hole};
	my $after = $start + $self->{bars}{nvme}{hole_size};

	$self->group('nvme: across the end of the MSI-X table');
	# Nothing is mapped there, and QEMU traces only the first 4 bytes of an access to nothing.
	for my $inside (1, 2, 4, 8, 16) {
		$self->request('read', 'nvme', $after - $inside, $inside + $_) for 1, 2, 3, 4;
	}
	$self->group('nvme: across all of the MSI-X table');
	$self->request('read', 'nvme', $start - 8, 0x410 + 8 + $_) for 0, 1, 4;
	$self->group('msix: inside a BAR that is the MSI-X table');
	$self->both('msix', $_->[0], $_->[1]) for [0, 8], [4, 4], [0, 0x50], [0x4c, 4];
}

sub plan_rom {
	my ($self) = @_;

	for my $width (1, 2, 4, 8) {
		$self->group("rom: $width bytes at every offset 0..15, 4 at most");
		$self->request('read', 'rom', $_, $width) for 0 .. 15;
	}
	$self->group('rom: long reads, and the tail');
	$self->request('read', 'rom', $_->[0], $_->[1])
		for [0, 64], [1, 63], [0, 1024], [1000, 48], [1023, 2], [1024, 8], [2040, 8], [0, 2048];
	$self->group('rom: writes are refused');
	$self->request('write', 'rom', 0, 4, errno => EINVAL);
}

# A request without any bytes goes to the last of @names.
sub plan_bounds {
	my ($self, @names) = @_;

	for my $name (@names) {
		my $size = $self->{sizes}{$name};

		$self->group("$name: at and beyond the end");
		$self->request('read', $name, $size - $_, 8) for 1 .. 8;
		$self->request('read', $name, $size - 8, 4096);
		$self->request('read', $name, $size, 8, errno => EINVAL);
		$self->request('write', $name, $size, 8, errno => EINVAL);
		$self->request('read', $name, $size + 4096, 1, errno => EINVAL);
	}
	$self->group('a BAR that the function does not have');
	$self->both('absent', 0, 8, errno => EINVAL);
	$self->group('requests of 0 bytes');
	$self->both($names[-1], 0x1000, 0);
}

# A request of whose user memory only the first $good bytes exist. A write does the whole chunks
# before the missing byte; a read delivers what it can, after reading the chunk in which the
# memory ends.
sub half {
	my ($self, $name, $off, $count, $good) = @_;
	my $end = $off + $good;
	my $chunk = $end - $end % 4096;
	my $done = $chunk > $off ? $chunk - $off : 0;
	my $seen = min($count, $chunk + 4096 - $off);

	$self->request('write', $name, $off, $count, mem => "half:$good",
		$done ? (ret => $done) : (errno => EFAULT));
	$self->request('read', $name, $off, $count, mem => "half:$good", ret => $good, seen => $seen);
}

sub plan_user_memory {
	my ($self, $name) = @_;

	$self->group("$name: missing memory");
	for my $mem (qw(null unmapped)) {
		for my $count (1, 2, 4, 8, 16, 5000) {
			$self->request('write', $name, 0x1000, $count, mem => $mem, errno => EFAULT);
			$self->request('read', $name, 0x1000, $count, mem => $mem, errno => EFAULT, seen => min($count, 4096));
		}
	}
	$self->group("$name: read-only memory");
	$self->request('read', $name, 0x1000, $_, mem => 'readonly', errno => EFAULT, seen => $_)
		for 1, 2, 4, 8, 16, 4096;
	$self->group("$name: memory of which a part is missing");
	for my $count (2, 4, 8, 16) {
		$self->half($name, 0x1000, $count, $_) for 1 .. $count - 1;
	}
	$self->half($name, 0x1000, 4096, $_) for 1, 4000, 4095;
	$self->request('read', $name, 0x1000, 16, mem => 'ahalf:8', errno => EFAULT, seen => 16);
	$self->group("$name: memory that ends after the first chunk");
	$self->half($name, 0x1000, 8192, $_) for 4096, 8191;
	$self->half($name, 0x1ff0, 32, 16);
	$self->group("$name: odd buffers");
	$self->both($name, 0x1000, $_, mem => 'odd') for 1, 2, 4, 8, 64, 4096;
}

sub plan_other_memory {
	my ($self) = @_;

	$self->group('rom and port: missing memory');
	$self->request('read', 'rom', 0, 8, mem => 'unmapped', errno => EFAULT, seen => 8);
	$self->request('write', 'port', 0, 4, mem => 'unmapped', errno => EFAULT);
	$self->request('read', 'port', 0, 4, mem => 'unmapped', errno => EFAULT, seen => 4);
}

sub plan_decode {
	my ($self) = @_;

	$self->step("decode $_ off") for qw(edu nic nicx nvme);
	$self->group('memory decode off: no access');
	$self->both($self->{registers}, 0x1000, $_, errno => EIO) for 1, 2, 4, 8, 16, 5000;
	$self->both('nic', 0, 8, errno => EIO);
	$self->request('read', 'nvme', 0x1ff8, 16, errno => EIO);
	$self->request('read', 'rom', 0, $_, errno => EIO) for 4, 64;
	$self->group('memory decode off: I/O ports and the hole still work');
	$self->both('port', 0, 4);
	$self->both('nvme', 0x2000, 16);
	$self->step("decode $_ on") for qw(edu nic nicx nvme);
	$self->group('memory decode on again');
	$self->both($self->{registers}, 0x1000, 8);
	$self->request('read', 'rom', 0, 8);
}

# The widest access that the value allows to a function with these IDs; undef for any. An entry
# with IDs takes precedence over one for all, and the last one counts.
sub limit {
	my ($text, $id) = @_;
	my @entries = reverse split /,/, $text;
	my ($own) = map { lc =~ /^\Q$id\E:(\d+)$/ ? $1 : () } @entries;
	my ($all) = grep { /^\d+$/ } @entries;

	return ($own // $all) || undef;
}

sub limited_requests {
	my ($self, $text, $names, @counts) = @_;

	for my $name (@$names) {
		my $bar = $self->{bars}{$name};
		my $max = limit($text, $self->{ids}{$bar->{dev}});

		for my $count (@counts) {
			$self->request('write', $name, $bar->{from}, $count, max => $max) if $name ne 'rom';
			$self->request('read', $name, $bar->{from}, $count, max => $max);
		}
	}
}

# $limits: values of bar_max_width, the last of which is also the initial one; $counts: bytes of
# the requests; $names: BARs.
sub plan_limits {
	my ($self, $limits, $counts, $names) = @_;
	my %devices = map { $self->{bars}{$_}{dev} => 1 } @$names;
	my $before = $limits->[-1];

	for my $text (@$limits) {
		$self->step("sysfs /sys/module/$self->{way}{module}/parameters/bar_max_width $text");
		if ($self->{way}{latches}) {
			$self->group("bar_max_width=$text, opened with $before");
			$self->limited_requests($before, $names, grep { $_ >= 8 } @$counts);
			$self->step("reopen $_") for sort keys %devices;
		}
		$self->group("bar_max_width=$text");
		$self->limited_requests($text, $names, @$counts);
		$before = $text;
	}
}

sub plan_position {
	my ($self) = @_;

	$self->group('nic: read() at the file position, which moves on');
	# A newly opened device is at position 0, in BAR 0.
	my $off = 0;
	for my $count (4, 2, 8) {
		$self->request('next', 'port', $off, $count);
		$off += $count;
	}
}

# Starts a plan: the devices' names and their BARs.
sub plan_devices {
	my ($self) = @_;
	my ($bars, $devices) = @{$self}{qw(bars devices)};

	$self->step("device $_ $devices->{$_}") for sort keys %$devices;
	$self->step("bar $bars->{$_}{dev} $bars->{$_}{bar}")
		for grep { $_ ne 'absent' } sort keys %$bars;
}

sub plan_all {
	my ($self) = @_;
	my $registers = $self->{registers};

	$self->plan_devices;
	$self->plan_position;
	$self->plan_widths('nic', $registers, qw(memory port));
	$self->plan_lengths('nic', $registers, qw(memory port));
	$self->plan_pages($registers, 'memory');
	$self->plan_long;
	$self->plan_hole;
	$self->plan_behind_hole;
	$self->plan_rom;
	$self->plan_bounds(qw(nic port memory), $registers);
	$self->plan_user_memory($registers);
	$self->plan_other_memory;
	$self->plan_decode;
	$self->plan_limits($self->{limits}, [1, 2, 4, 8, 24], ['nic', $registers, qw(port rom)]);
	$self->step('compare memory 2');
}

# Stores what the machine logged in the requests and the BARs.
sub take_results {
	my ($self, $results) = @_;
	my %by_id = map { $_->{id} => $_ } @{$self->{requests}};

	for (split /\n/, $results) {
		if (/^bar (\S+) (\d+) 0x([0-9a-f]+) 0x([0-9a-f]+) (\w+) at 0x([0-9a-f]+)$/) {
			no warnings 'portable';
			for my $bar (values %{$self->{bars}}) {
				next unless $bar->{dev} eq $1 && $bar->{bar} == $2;
				@{$bar}{qw(base size pos)} = (hex($3) + ($5 eq 'io' ? $self->{ports} : 0), hex $4, hex $6);
			}
		} elsif (/^(\d+) touched/) {
			$by_id{$1}{touched} = 1;
		} elsif (/^(\d+) (-?\d+) (\d+) (\d+)$/) {
			@{$by_id{$1}{got}}{qw(ret errno hash)} = ($2, $3, $4);
		} elsif (/^compare (.*)/) {
			$self->{compare} = $1;
		} elsif (/^done/) {
			$self->{done} = 1;
		}
	}
}

# The same function as in tests/guest/bar-requests.c.
sub pattern {
	my ($id, $i) = @_;

	return ($id * 31 + $i * 7 + ($i >> 8)) & 0xff;
}

sub fnv1a {
	my ($hash) = 2166136261;

	$hash = (($hash ^ $_) * 16777619) & 0xffffffff for @_;
	return $hash;
}

# The bytes that crossed the bus according to the trace, by offset; undef if the trace does not
# have them all.
sub traced_bytes {
	my ($accesses) = @_;
	my %bytes;

	for my $access (@$accesses) {
		my @bytes = Trace::bytes($access) or return undef;
		@bytes{map { $access->{off} + $_ } 0 .. $#bytes} = @bytes;
	}
	return \%bytes;
}

# What is wrong with the data of a request; undef if nothing.
sub data_fault {
	my ($request, $bar, $accesses) = @_;
	my $bytes = traced_bytes($accesses);
	my $ret = $request->{got}{ret};

	return undef unless $bytes && $ret > 0 && $bar->{mode} ne 'none' && !$bar->{model_end};
	$request->{compared} = 1 if %$bytes;

	my @data = map {
		$bytes->{$request->{off} + $_} // 0xff
	} 0 .. $ret - 1;
	if ($request->{rw} ne 'write') {
		return undef if fnv1a(@data) == $request->{got}{hash};
		return 'the bytes are not those that the device returned';
	}
	for my $i (0 .. $ret - 1) {
		my $off = $request->{off} + $i;
		next if !exists $bytes->{$off} || $bytes->{$off} == pattern($request->{id}, $i);
		return sprintf 'byte %u reached the device as %02x', $i, $bytes->{$off};
	}
	return undef;
}

# The model of nvme's registers takes at least 2 bytes, so the trace shows a single byte as 2.
sub traced_width {
	my ($bar, $off, $width) = @_;

	return $width unless $bar->{model_end} && $off < $bar->{model_end};
	return $width < 2 ? 2 : $width;
}

# Before the first request, the kernel reads the ROM's headers to find its end. Removes these
# accesses from the list; returns what is wrong with them, or undef.
sub rom_fault {
	my ($request, $accesses, $nr) = @_;

	return undef unless $request->{name} eq 'rom' && $nr < @$accesses && $request->{seen} > 0;
	my @probe = splice @$accesses, 0, @$accesses - $nr;
	return 'an access that looks for the end of the ROM is wider than 4: ' . Trace::text(\@probe)
		if grep { $_->{width} > 4 } @probe;
	return 'too many accesses that look for the end of the ROM: ' . Trace::text(\@probe) if @probe > 8;
	return undef;
}

# The accesses of a request as the device saw them, and the expected ones.
sub seen_and_wanted {
	my ($self, $request, $events) = @_;
	my $bar = $self->{bars}{$request->{name}};
	my $rw = $request->{rw} eq 'write' ? 'write' : 'read';
	my @wanted = map {
		{ rw => $rw, off => $_->[0], width => traced_width($bar, @$_) }
	} @{$request->{accesses}};

	return (Trace::accesses($events, $bar), \@wanted);
}

# What is wrong with a request, or undef.
sub fault {
	my ($self, $request, $events) = @_;
	my $got = $request->{got};
	my $bar = $self->{bars}{$request->{name}};

	return 'it did not run' unless $got;
	return "returned $got->{ret} errno $got->{errno}, not $request->{ret} errno $request->{errno}"
		if $got->{ret} != $request->{ret} || $got->{errno} != $request->{errno};
	return 'bytes of the buffer beyond those returned were changed' if $request->{touched};
	return undef if $bar->{mode} eq 'none';

	my ($accesses, $wanted) = $self->seen_and_wanted($request, $events->{$request->{id}} // []);
	my $fault = rom_fault($request, $accesses, scalar @$wanted);

	return $fault if defined $fault;
	return 'accesses: ' . Trace::text($accesses) . '; should be: ' . Trace::text($wanted)
		if Trace::text($accesses, 1e9) ne Trace::text($wanted, 1e9);

	return data_fault($request, $bar, $accesses);
}

# The trace's events, by request.
sub events {
	my ($self, $trace) = @_;

	return Trace::events($trace, sub {
		my ($addr) = @_;
		for my $bar (values %{$self->{bars}}) {
			return 1 if defined $bar->{base} && $addr >= $bar->{base} &&
				    $addr < $bar->{base} + $bar->{size};
		}
		return 0;
	});
}

sub check {
	my ($self, $trace) = @_;
	my $events = $self->events($trace);
	my (%count, %faults);

	for my $request (@{$self->{requests}}) {
		my $fault = $self->fault($request, $events);

		$count{$request->{group}}++;
		push @{$faults{$request->{group}}},
			sprintf '%s of %u at 0x%x (%s): %s', @{$request}{qw(rw count off mem)}, $fault
			if defined $fault;
	}
	for my $group (@{$self->{groups}}) {
		my @faults = @{$faults{$group} // []};

		ok($count{$group} && !@faults, "$group (" . ($count{$group} // 0) . ' requests)');
		next unless @faults;
		diag($_) for @faults[0 .. min($#faults, 4)];
		diag(@faults - 5 . ' more') if @faults > 5;
	}
	for my $rw (qw(write read)) {
		my $compared = grep { $_->{rw} eq $rw && $_->{compared} } @{$self->{requests}};

		cmp_ok($compared, '>', 0, "$rw: the data of $compared requests is compared with the trace");
	}
}

# The offset of a region in the device's file.
sub position {
	my ($index, $large) = @_;

	return $index << ($large ? 56 : 40);
}

# { FILE => steps }
sub plans {
	my ($self) = @_;

	return (plan => $self->{steps});
}

# The machine's job.
sub job {
	my ($self) = @_;

	return "$self->{way}{load} && bar-requests /plan";
}

# Boots the kernel in $dir with the modules built for it, and tests it. Options: way =>
# 'livepatch' (default), 'replacement' or 'in-tree', parameters => those of vfio-pci-core.ko,
# large => expect the larger region offsets, boot => [options of lab-boot].
sub test_kernel {
	my ($dir, %opt) = @_;

	run_matrix(__PACKAGE__, $dir, %opt);
}

# The same for a subclass.
sub run_matrix {
	my ($class, $dir, %opt) = @_;
	my $way = $opt{way} // 'livepatch';
	my $self = $class->new($way);
	my $out = tempdir(CLEANUP => !$ENV{VPW_KEEP});
	my @modules = $way eq 'livepatch' ? Lab::module($dir) :
		      $way eq 'replacement' ? Lab::replacement_modules($dir) : ();

	diag("kept: $out") if $ENV{VPW_KEEP};
	$self->{ports} = Trace::PORTS->{Lab::arch($dir)};
	$self->plan_all;
	my %plans = $self->plans;
	Lab::write_file("$out/$_", join '', map { "$_\n" } @{$plans{$_}}) for keys %plans;
	Lab::write_file("$out/job",
		'LAB_CORE_PARAMETERS="' . ($opt{parameters} // '') . "\"\n" . $self->job . "\n");

	my $booted = Lab::boot($dir, $out, (map { ('--module', $_) } @modules),
		'--file', Lab::guest_program('bar-requests', Lab::arch($dir)),
		(map { ('--data', "$out/$_") } keys %plans), @{$opt{boot} // []});
	ok($booted, 'the plan runs and the kernel reports no fault')
		or return;

	$self->take_results(Lab::read_file("$out/results"));
	ok($self->{done}, 'the plan finishes');
	for my $name (sort keys %{$self->{bars}}) {
		my $bar = $self->{bars}{$name};

		next unless defined $bar->{base};
		is($bar->{size}, $self->{sizes}{$name}, "$name has the size that the plan expects");
		is($bar->{pos}, position($bar->{bar}, $opt{large}),
			"$name has the expected region offset");
	}
	$self->check("$out/trace.log");
	$self->report_more;
}

sub report_more {
	my ($self) = @_;

	is($self->{compare}, 'memory 2 same', 'memory: a mapping shows all that was written');
}

1;
