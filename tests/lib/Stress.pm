# SPDX-License-Identifier: GPL-2.0-only
#
# Many threads, many devices, everything at once: tests/guest/bar-stress, checked against the
# devices' trace or the log of instructions.
package Stress;

use strict;
use warnings;
no warnings 'portable';

use File::Temp qw(tempdir);
use Test::More;

use Lab;
use ZpciLog;

# The same values as in tests/guest/stress*.[ch].
use constant {
	MARK_BEGIN => 0x56505742,
	MARK_END => 0x56505745,
	MARK_DARK => 0x1000000,
	MAGIC => 0x57,
	WIDE => 1 << 55,
};

# Indexed by the numbers in stress.h.
my @DEVICES = qw(regs nic nvme memory rmemory hmemory hregs);

# An nvme at 00$uid:00:00.0 with a controller memory buffer of 4 MiB.
sub nvme {
	my ($uid) = @_;
	my $number = hex $uid;

	return "-device zpci,uid=$number,fid=$number,target=m$uid -device nvme,id=m$uid,drive=m$uid,serial=$uid," .
		"cmb_size_mb=4,legacy-cmb=on -drive if=none,id=m$uid,file=null-co://,format=raw";
}

my @NVMES = (21 .. 26);

# The same for machines without zPCI, at $place of a PCI bus.
sub pci_nvme {
	my ($name, $place) = @_;

	return "-device nvme,drive=$name,serial=$name,cmb_size_mb=4,legacy-cmb=on,$place " .
		"-drive if=none,id=$name,file=null-co://,format=raw";
}

# By architecture: the functions of tests/guest/stress-*.c that lab-boot does not have, the
# threads that are missing, and the reader of the log. On a PC, devices that are reset need a bus
# of their own: one has memory alone, another memory and an edu.
my %MACHINES = (
	x86_64 => {
		qemu => join(' ', '-device pcie-root-port,id=rp1,addr=0x10,chassis=1',
			'-object memory-backend-ram,id=rmemory,size=4M,share=on',
			'-device ivshmem-plain,memdev=rmemory,bus=rp1',
			'-device pcie-root-port,id=rp2,addr=0x11,chassis=2',
			'-object memory-backend-ram,id=hmemory,size=4M,share=on',
			'-device ivshmem-plain,memdev=hmemory,bus=rp2,multifunction=on,addr=0.0',
			'-device edu,bus=rp2,addr=0.1'),
		functions => [ qw(0000:01:00.0 0000:02:00.0 0000:02:00.1) ],
		missing => [], read => \&read_trace,
	},
	s390x => {
		qemu => join(' ', map { nvme($_) } @NVMES),
		functions => [ map { "00$_:00:00.0" } @NVMES ],
		missing => [ 'hot-reset' ], read => \&read_instructions,
	},
);

$MACHINES{arm64} = {
	%{$MACHINES{x86_64}},
	qemu => ($MACHINES{x86_64}{qemu} =~ s/-device edu,bus=rp2,addr=0.1/pci_nvme('hregs', 'bus=rp2,addr=0.1')/er) . ' ' .
		pci_nvme('regs', 'addr=0x12'),
	functions => [ @{$MACHINES{x86_64}{functions}}, '0000:00:12.0' ],
};

# Logs the functions' handles.
my $SAY_HANDLES = 'for dev in /sys/bus/pci/devices/*; do [ ! -e "$dev/function_handle" ] || ' .
	'echo "function ${dev##*/} $(cat "$dev/function_handle")" >>/results; done';

my %WAYS = (
	livepatch => {
		load => 'lab_load_vfio && lab_bind && lab_load_width',
		module => 'vfio_pci_width', options => 'switch',
	},
	replacement => { load => 'lab_load_vfio && lab_bind', module => 'vfio_pci_core', options => '' },
);

sub way {
	my ($name) = @_;

	return $WAYS{$name};
}

# Prints the faults from the console.
sub diag_console {
	my ($out) = @_;

	diag($_) for grep { /GUEST FAILED|LAB: splat/ } split /\n/, Lab::read_file("$out/console.log");
}

# Threads that must have done something; how much depends on kernel and host.
my @BUSY = ('memory 0', 'memory 1', 'memory 2', 'rmemory 0', 'rmemory 1', 'hmemory 0', 'block-writer',
	'block-reader 0', 'block-reader 1', 'numbers 0', 'numbers 1', 'numbers 2', 'crossing', 'looker',
	'decode regs', 'decode memory', 'decode hregs', 'reset nvme', 'reset rmemory', 'hot-reset', 'interrupts',
	'ioeventfd', 'modes', 'forks', 'sessions', 'kills');

# Threads that make BARs come and go.
my @MOVING = ('decode regs', 'decode memory', 'decode hregs', 'reset nvme', 'reset rmemory', 'hot-reset', 'sessions');

# ---- the trace of a PC ----

sub bars {
	my ($results) = @_;
	my @bars;

	while ($results =~ /^bar (\S+) \d+ 0x([0-9a-f]+) 0x([0-9a-f]+) mem/mg) {
		push @bars, { name => $1, base => hex $2, end => hex($2) + hex $3 };
	}
	return @bars;
}

# Combines a doubleword from the ascending accesses that carry it. The trace has no value for an
# access that the device's model refuses.
sub add_access {
	my ($slot, $off, $width, $value, $big_endian) = @_;

	if (!defined $value) {
		$slot->{unknown} = 1;
	} else {
		my $mask = $width == 8 ? ~0 : (1 << 8 * $width) - 1;
		my $shift = 8 * ($big_endian ? 8 - $off % 8 - $width : $off % 8);

		$slot->{value} = 0 if $off % 8 == 0;
		$slot->{value} = ($slot->{value} // 0) & ~($mask << $shift) | $value << $shift;
		$slot->{unknown} = 0 if $off % 8 == 0;
	}
	return unless ($off + $width) % 8 == 0;
	push @{$slot->{seen}}, $slot->{unknown} ? undef : $slot->{value};
	push @{$slot->{narrow}}, $slot->{value}
		if !$slot->{unknown} && $width < 8 && $slot->{value} & WIDE;
}

# Checks one access: { bar, off, width, rw, value }.
sub judge_access {
	my ($state, $access) = @_;
	my ($bar, $off) = @{$access}{qw(bar off)};

	push @{$state->{dark_accesses}}, sprintf '%s of %u bytes at 0x%x of %s', @{$access}{qw(rw width off)},
		$bar->{name} if $state->{dark}{$bar->{name}} || $access->{nobody};
	return if $access->{nobody} || $access->{rw} eq 'read' || $bar->{name} !~ /regs/ || $off < 0x1000;
	add_access($state->{slots}{$bar->{name}}{$off - $off % 8} //= {}, $off, @{$access}{qw(width value)},
		$state->{big_endian});
}

sub judge_marker {
	my ($state, $kind, $id) = @_;

	$state->{running} = $kind == MARK_BEGIN if $id == 0;
	return if $id < MARK_DARK;
	my $name = $DEVICES[$id - MARK_DARK];
	$state->{dark}{$name} = $kind == MARK_BEGIN;
	$state->{dark_times}{$name}++;
}

sub find_bar {
	my ($addr, @bars) = @_;

	for my $bar (@bars) {
		return $bar if $addr >= $bar->{base} && $addr < $bar->{end};
	}
	return undef;
}

sub read_trace {
	my ($file, $results) = @_;
	my @bars = bars($results);
	my %state = (dark => {}, dark_accesses => [], slots => {});

	open my $trace, '<', $file or die "$file: $!\n";
	while (<$trace>) {
		if (/^memory_region_ops_(read|write) cpu \d+ mr \S+ addr 0x([0-9a-f]+) value 0x([0-9a-f]+) size (\d+) name '([^']*)'/) {
			my ($rw, $addr, $value, $width, $name) = ($1, hex $2, hex $3, $4, $5);
			my $kind = $value >> 32;

			if ($name eq 'edu-mmio' && $width == 8 && ($kind == MARK_BEGIN || $kind == MARK_END)) {
				judge_marker(\%state, $kind, $value & 0xffffffff);
				next;
			}
			my $bar = $state{running} ? find_bar($addr, @bars) : undef;
			# On arm64, the host bridge answers where there is no BAR.
			judge_access(\%state, { bar => $bar, off => $addr - $bar->{base}, width => $width, rw => $rw,
				value => $value, nobody => $name eq 'gpex_mmio_window' }) if $bar;
		} elsif ($state{running} && /^Invalid (read|write) at addr 0x([0-9a-fA-F]+), size (\d+), region '([^']*)'/) {
			my ($rw, $addr, $width, $name) = ($1, hex $2, $3, $4);

			# The log has the offset in a region, without the device; for an address
			# without a region, such as a BAR with decode off, it has the address.
			if ($name eq '(null)') {
				my $bar = find_bar($addr, @bars);

				judge_access(\%state, { bar => $bar, off => $addr - $bar->{base}, width => $width,
					rw => $rw, nobody => 1 }) if $bar;
			} elsif ($name eq 'edu-mmio') {
				$state{refused}{$addr - $addr % 8} = 1;
				add_access($state{slots}{$_}{$addr - $addr % 8} //= {}, $addr, $width, undef)
					for grep { /regs/ } map { $_->{name} } @bars;
			}
		}
	}
	return \%state;
}

# ---- the log of an s390x's instructions ----

# The opened regions, by handle and space.
sub spaces {
	my ($results) = @_;
	my %handles = $results =~ /^function (\S+) 0x([0-9a-f]+)$/mg;
	my %spaces;

	while ($results =~ /^device (\S+) (\S+) (\d+)$/mg) {
		$spaces{hex($handles{$2} // 0) . " $3"} = { name => $1 };
	}
	return \%spaces;
}

# What is wrong with an instruction on a function with strict alignment; stock's instructions
# follow the same rules.
sub insn_fault {
	my ($event) = @_;
	my ($insn, $width, $off) = @{$event}{qw(insn width off)};

	return 'takes an address' if $insn =~ /I$/;
	return "has $width bytes" unless $insn eq 'PCISTB' ? $width % 8 == 0 && $width > 8 && $width <= 128 :
		$width =~ /^[1248]$/;
	return 'is not aligned' if $off % ($insn eq 'PCISTB' ? 8 : $width);
	return 'crosses a page' if $off % 4096 + $width > 4096;
	return 'has a bad source' if $insn eq 'PCISTB' &&
		($event->{source} % 8 || $event->{source} % 4096 + $width > 4096);
	return undef;
}

# Checks a block as its doublewords.
sub judge_insn {
	my ($state, $bar, $event) = @_;
	my $fault = insn_fault($event);
	my $step = $event->{width} < 8 ? $event->{width} : 8;

	push @{$state->{faults}}, sprintf '%s of %s at 0x%x %s', $event->{insn}, $bar->{name}, $event->{off}, $fault
		if defined $fault;
	for (my $at = 0; $at < $event->{width}; $at += $step) {
		judge_access($state, { bar => $bar, off => $event->{off} + $at, width => $step, rw => $event->{rw},
			value => $event->{rw} eq 'write' ? hex substr($event->{hex}, 2 * $at, 2 * $step) : undef });
	}
}

sub read_instructions {
	my ($file, $results) = @_;
	my %state = (dark => {}, dark_accesses => [], slots => {}, big_endian => 1, faults => [], insns => {});
	my $spaces = spaces($results);

	open my $log, '<', $file or die "$file: $!\n";
	while (<$log>) {
		if (/^mark (begin|end) (\d+)$/) {
			judge_marker(\%state, $1 eq 'begin' ? MARK_BEGIN : MARK_END, $2);
			next;
		}
		next unless $state{running};
		my $event = ZpciLog::read_event($_);
		my $bar = $spaces->{"$event->{fh} $event->{space}"} or next;
		$state{insns}{$event->{insn}}++;
		judge_insn(\%state, $bar, $event);
	}
	return \%state;
}

sub check_instructions {
	my ($state) = @_;
	my @faults = @{$state->{faults}};

	is(scalar @faults, 0, 'each instruction is valid for these functions')
		or diag(join "\n", @faults[0 .. ($#faults < 9 ? $#faults : 9)]);
	cmp_ok($state->{insns}{$_} // 0, '>', 1000, "there are many $_") for qw(PCILG PCISTG PCISTB);
}

# ---- what must hold ----

# Each number arrives once and in order up to the last. If the device refused the width, the
# value is unknown and any is accepted.
sub slot_fault {
	my ($slot, $last, $refused) = @_;
	my $wanted = 1;

	for my $value (@{$slot->{seen} // []}) {
		if (defined $value) {
			my $number = $value & 0xffffffff;

			return sprintf 'after number %u came 0x%x', $wanted - 1, $value
				if $value >> 56 != MAGIC || $number < $wanted || ($number > $wanted && !$refused);
			$wanted = $number;
		} else {
			next;
		}
		$wanted++;
	}
	return undef if $wanted == $last + 1 || ($refused && $wanted <= $last + 1);
	return 'the last number was ' . ($wanted - 1) . ", should be $last";
}

sub check_slots {
	my ($results, $state) = @_;
	my $slots = 0;

	while ($results =~ /^slot (\S+) 0x([0-9a-f]+) (\d+)/mg) {
		my ($name, $off, $last) = ($1, hex $2, $3);
		$slots++;
		my $slot = $state->{slots}{$name}{$off} // {};
		my $fault = slot_fault($slot, $last, $state->{refused}{$off});
		my @narrow = @{$slot->{narrow} // []};

		is($fault, undef, sprintf 'no number written at 0x%x of %s is lost or arrives twice', $off, $name);
		is(scalar @narrow, 0, "$name: each number arrives in one access of 8 unless limited")
			or diag(sprintf 'the first that does not: 0x%x', $narrow[0]);
	}
	cmp_ok($slots, '>', 0, 'the last numbers are logged');
}

sub check_dark {
	my ($state, $times) = @_;
	my @seen = @{$state->{dark_accesses}};

	is(scalar @seen, 0, @$times ? 'no access reaches a device while its memory decode is off' :
		'no access goes where there is no device')
		or diag(join "\n", @seen[0 .. ($#seen < 9 ? $#seen : 9)]);
	cmp_ok($state->{dark_times}{$_} // 0, '>', 2, "memory decode of $_ is off now and then")
		for @$times;
}

sub check_busy {
	my ($results, $switches, $any_seed, @missing) = @_;
	my %done = $results =~ /^thread ([^:]+): done (\d+)/mg;
	my %missing = map { $_ => 1 } @missing;
	my @busy = grep { !$missing{$_} } @BUSY;

	is(join(', ', grep { !$done{$_} } @busy), '', 'all threads do something');
	diag(join ', ', map { "$_ " . ($done{$_} // 'none') } @busy) if $ENV{VPW_KEEP};
	my ($midway) = $results =~ /^thread kills: .* midway (\d+)/m;
	cmp_ok($midway // 0, '>', 0, 'processes are killed in the middle of a request');
	# With the seeds of the tests, both happen within a few rounds, but not with any seed.
	my ($modes, $sessions) = $any_seed ? (40, 20) : (7, 9);
	like($results, qr/^switched [1-9]/m, 'the livepatch is switched now and then')
		if $switches && ($done{modes} // 0) > $modes;
	like($results, qr/^unbound [1-9]/m, 'an open function is unbound now and then')
		if ($done{sessions} // 0) > $sessions;
}

# Boots the kernel in $dir. Options: way => 'livepatch' or 'replacement', seconds, seed,
# any_seed => it is not a test's own; leak => check for leaks, on a kernel without a checker;
# calm => see tests/guest/bar-stress.c; parallel => CPUs that run in parallel, where BARs do not
# move; boot => [options of lab-boot].
sub test_stress {
	my ($dir, %opt) = @_;
	my $way = $opt{way} // 'livepatch';
	my $arch = Lab::arch($dir);
	my $machine = $MACHINES{$arch};
	my $seconds = $opt{seconds} // 20;
	my $seed = $ENV{VPW_SEED} // $opt{seed} // 1;
	my $out = tempdir(CLEANUP => !$ENV{VPW_KEEP});
	my @modules = $way eq 'livepatch' ? Lab::module($dir) : Lab::replacement_modules($dir);
	my $cap = "/sys/module/$WAYS{$way}{module}/parameters/bar_max_width";

	# Not parallel with the livepatch: see scripts/lab/devices.sh.
	local $ENV{VPW_ACCEL} = $ENV{VPW_ACCEL} // ($opt{parallel} ? 'tcg,thread=multi' : 'tcg');
	$seconds = $ENV{VPW_SECONDS} if $ENV{VPW_SECONDS};
	diag("kept: $out") if $ENV{VPW_KEEP};
	my $words = join '', map { " $_" } $WAYS{$way}{options}, $opt{calm} ? 'calm' : (), $opt{parallel} ? 'still' : ();
	my @missing = (@{$machine->{missing}}, $opt{parallel} ? @MOVING : ());
	my $leak = $opt{leak} ? ' && bar-nomem leak' : '';
	Lab::write_file("$out/job", "LAB_ALL=\"\$LAB_ALL @{$machine->{functions}}\"\n$WAYS{$way}{load} && " .
		"{ $SAY_HANDLES; } && bar-stress $seed $seconds 1000000 $cap$words$leak\n");
	my $booted = Lab::boot($dir, $out, (map { ('--module', $_) } @modules),
		(map { ('--file', Lab::guest_program($_, $arch)) } qw(bar-stress bar-nomem)), '--qemu', $machine->{qemu}, '--smp', 2,
		'--timeout', 600 + 10 * $seconds, @{$opt{boot} // []});
	ok($booted, "seed $seed: the threads find no fault, and the kernel reports none") or do {
		my $found = $machine->{read}("$out/trace.log", Lab::read_file("$out/results"));

		diag_console($out);
		diag("with memory decode off: $_") for grep { defined } @{$found->{dark_accesses}}[0 .. 9];
		return;
	};

	my $results = Lab::read_file("$out/results");
	my $state = $machine->{read}("$out/trace.log", $results);

	like($results, qr/^stressed $seed$/m, 'the stress finishes');
	like($results, qr/^done leak$/m, 'requests that fail leak no memory') if $opt{leak};
	check_busy($results, $WAYS{$way}{options} eq 'switch', $opt{any_seed} || defined $ENV{VPW_SEED}, @missing);
	check_dark($state, $opt{parallel} ? [] : [ qw(regs memory hregs) ]);
	check_slots($results, $state);
	check_instructions($state) if $state->{insns};
}

1;
