# SPDX-License-Identifier: GPL-2.0-only
#
# Many threads, many devices, everything at the same time: tests/guest/bar-stress, and
# what the devices' trace says of it.
package Stress;

use strict;
use warnings;
no warnings 'portable';

use File::Temp qw(tempdir);
use Test::More;

use Lab;

# As in tests/guest/stress*.[ch].
use constant {
	MARK_BEGIN => 0x56505742,
	MARK_END => 0x56505745,
	MARK_DARK => 0x1000000,
	MAGIC => 0x57,
	WIDE => 1 << 55,
};

# In the order of their numbers in stress.h.
my @DEVICES = qw(edu nic nvme memory rmemory hmemory hedu);

# What resets needs a bus of its own: memory alone, and memory with an edu beside it.
my $QEMU = join ' ', '-device pcie-root-port,id=rp1,addr=0x10,chassis=1',
	'-object memory-backend-ram,id=rmemory,size=4M,share=on',
	'-device ivshmem-plain,memdev=rmemory,bus=rp1',
	'-device pcie-root-port,id=rp2,addr=0x11,chassis=2',
	'-object memory-backend-ram,id=hmemory,size=4M,share=on',
	'-device ivshmem-plain,memdev=hmemory,bus=rp2,multifunction=on,addr=0.0',
	'-device edu,bus=rp2,addr=0.1';

my $SETUP = 'LAB_ALL="$LAB_ALL 0000:01:00.0 0000:02:00.0 0000:02:00.1"';

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

# What is wrong, from the console.
sub diag_console {
	my ($out) = @_;

	diag($_) for grep { /GUEST FAILED|LAB: splat/ } split /\n/, Lab::read_file("$out/console.log");
}

# Those who must have done something; how much depends on kernel and host.
my @BUSY = ('memory 0', 'memory 1', 'memory 2', 'rmemory 0', 'rmemory 1', 'hmemory 0', 'block-writer',
	'block-reader 0', 'block-reader 1', 'numbers 0', 'numbers 1', 'numbers 2', 'crossing', 'looker',
	'decode edu', 'decode memory', 'decode hedu', 'reset nvme', 'reset rmemory', 'hot-reset', 'interrupts',
	'ioeventfd', 'modes', 'forks', 'sessions', 'kills');

# ---- the trace ----

sub bars {
	my ($results) = @_;
	my @bars;

	while ($results =~ /^bar (\S+) \d+ 0x([0-9a-f]+) 0x([0-9a-f]+) mem/mg) {
		push @bars, { name => $1, base => hex $2, end => hex($2) + hex $3 };
	}
	return @bars;
}

# Puts a doubleword together from the accesses that carry it, which ascend. What the
# model of the device refuses is in the trace without a value.
sub add_access {
	my ($slot, $off, $width, $value) = @_;

	if (!defined $value) {
		$slot->{unknown} = 1;
	} else {
		my $mask = $width == 8 ? ~0 : (1 << 8 * $width) - 1;
		my $shift = 8 * ($off % 8);

		$slot->{value} = 0 if $off % 8 == 0;
		$slot->{value} = ($slot->{value} // 0) & ~($mask << $shift) | $value << $shift;
		$slot->{unknown} = 0 if $off % 8 == 0;
	}
	return unless ($off + $width) % 8 == 0;
	push @{$slot->{seen}}, $slot->{unknown} ? undef : $slot->{value};
	push @{$slot->{narrow}}, $slot->{value}
		if !$slot->{unknown} && $width < 8 && $slot->{value} & WIDE;
}

# One access, found in the trace: { bar, off, width, rw, value }.
sub judge_access {
	my ($state, $access) = @_;
	my ($bar, $off) = @{$access}{qw(bar off)};
	my $text = sprintf '%s of %u bytes at 0x%x of %s', @{$access}{qw(rw width off)}, $bar->{name};

	push @{$state->{dark_accesses}}, $text if $state->{dark}{$bar->{name}} || $access->{nobody};
	return if $access->{nobody} || $access->{rw} eq 'read' || $bar->{name} !~ /edu/ || $off < 0x1000;
	add_access($state->{slots}{$bar->{name}}{$off - $off % 8} //= {}, $off, $access->{width}, $access->{value});
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
	my ($file, @bars) = @_;
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
			judge_access(\%state, { bar => $bar, off => $addr - $bar->{base}, width => $width, rw => $rw,
				value => $value }) if $bar;
		} elsif ($state{running} && /^Invalid (read|write) at addr 0x([0-9a-fA-F]+), size (\d+), region '([^']*)'/) {
			my ($rw, $addr, $width, $name) = ($1, hex $2, $3, $4);

			# Of a region by its offset, which edu's models have in common; of
			# nobody, as where a BAR was before decode went off, by address.
			if ($name eq '(null)') {
				my $bar = find_bar($addr, @bars);

				judge_access(\%state, { bar => $bar, off => $addr - $bar->{base}, width => $width,
					rw => $rw, nobody => 1 }) if $bar;
			} elsif ($name eq 'edu-mmio') {
				$state{refused}{$addr - $addr % 8} = 1;
				add_access($state{slots}{$_}{$addr - $addr % 8} //= {}, $addr, $width, undef)
					for grep { /edu/ } map { $_->{name} } @bars;
			}
		}
	}
	return \%state;
}

# ---- what must hold ----

# Each number once and in order up to the last. Without a value because the device refused
# such a width, any is believed.
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

	while ($results =~ /^slot (\S+) 0x([0-9a-f]+) (\d+)/mg) {
		my ($name, $off, $last) = ($1, hex $2, $3);
		my $slot = $state->{slots}{$name}{$off} // {};
		my $fault = slot_fault($slot, $last, $state->{refused}{$off});
		my @narrow = @{$slot->{narrow} // []};

		is($fault, undef, sprintf 'no number written at 0x%x of %s was lost or came twice', $off, $name);
		is(scalar @narrow, 0, 'and each was one access of 8 where nothing said otherwise')
			or diag(sprintf 'the first that was not: 0x%x', $narrow[0]);
	}
}

sub check_dark {
	my ($state) = @_;
	my @seen = @{$state->{dark_accesses}};

	is(scalar @seen, 0, 'no access reached a device while its memory decode was off')
		or diag(join "\n", @seen[0 .. ($#seen < 9 ? $#seen : 9)]);
	cmp_ok($state->{dark_times}{$_} // 0, '>', 2, "memory decode of $_ was off now and then")
		for qw(edu memory hedu);
}

sub check_busy {
	my ($results) = @_;
	my %done = $results =~ /^thread ([^:]+): done (\d+)/mg;

	is(join(', ', grep { !$done{$_} } @BUSY), '', 'all threads were busy');
	diag(join ', ', map { "$_ " . ($done{$_} // 'none') } @BUSY) if $ENV{VPW_KEEP};
	my ($midway) = $results =~ /^thread kills: .* midway (\d+)/m;
	cmp_ok($midway // 0, '>', 0, 'processes ended in the middle of a request');
}

# Boots the kernel in $dir. Options: way => 'livepatch' or 'replacement', seconds, seed,
# leak => also look whether memory goes, as a kernel that has no checker for it cannot;
# calm => see tests/guest/bar-stress.c; parallel => processors that really run at the same time; boot => [options of lab-boot].
sub test_stress {
	my ($dir, %opt) = @_;
	my $way = $opt{way} // 'livepatch';
	my $seconds = $opt{seconds} // 20;
	my $seed = $ENV{VPW_SEED} // $opt{seed} // 1;
	my $out = tempdir(CLEANUP => !$ENV{VPW_KEEP});
	my @modules = $way eq 'livepatch' ? Lab::module($dir) : Lab::replacement_modules($dir);
	my $cap = "/sys/module/$WAYS{$way}{module}/parameters/bar_max_width";

	# Not with the livepatch: see scripts/lab/machine-x86_64.sh.
	local $ENV{VPW_ACCEL} = $ENV{VPW_ACCEL} // ($opt{parallel} ? 'tcg,thread=multi' : 'tcg');
	$seconds = $ENV{VPW_SECONDS} if $ENV{VPW_SECONDS};
	diag("kept: $out") if $ENV{VPW_KEEP};
	my $calm = $opt{calm} ? ' calm' : '';
	my $leak = $opt{leak} ? ' && bar-nomem leak' : '';
	Lab::write_file("$out/job", "$SETUP\n$WAYS{$way}{load} && " .
		"bar-stress $seed $seconds 1000000 $cap $WAYS{$way}{options}$calm$leak\n");
	my $booted = Lab::boot($dir, $out, (map { ('--module', $_) } @modules),
		(map { ('--file', Lab::guest_program($_)) } qw(bar-stress bar-nomem)), '--qemu', $QEMU, '--smp', 2,
		'--timeout', 300 + 10 * $seconds, @{$opt{boot} // []});
	ok($booted, "seed $seed: the threads found nothing wrong, and the kernel did not complain") or do {
		my $found = read_trace("$out/trace.log", bars(Lab::read_file("$out/results")));

		diag_console($out);
		diag("with memory decode off: $_") for grep { defined } @{$found->{dark_accesses}}[0 .. 9];
		return;
	};

	my $results = Lab::read_file("$out/results");
	my $state = read_trace("$out/trace.log", bars($results));

	like($results, qr/^stressed $seed$/m, 'to the end');
	like($results, qr/^done leak$/m, 'and requests that fail leave no memory behind') if $opt{leak};
	check_busy($results);
	check_dark($state);
	check_slots($results, $state);
}

1;
