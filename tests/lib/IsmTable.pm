# SPDX-License-Identifier: GPL-2.0-only
#
# Compares the outcomes of the same requests on ISM functions through mainline's ism-vfio-pci and
# through vfio-pci with the rework.
package IsmTable;

use strict;
use warnings;

use Errno;

use Ism;
use Lab;

# [ probe, name of the row, expected result, expected instructions ]
my @PROBES = (
	['write-1', 'write 1 byte', 1, 'PCISTB 1'],
	['write-3', 'write 3 bytes', 3, 'PCISTB 3'],
	['write-8', 'write 8 bytes', 8, 'PCISTB 8'],
	['write-8-odd', 'write 8 bytes at 3', 8, 'PCISTB 8'],
	['write-128', 'write 128 bytes', 128, 'PCISTB 128'],
	['write-1001-odd', 'write 1001 bytes at an odd offset', 1001, 'PCISTB 1001'],
	['write-4096', 'write a page', 4096, 'PCISTB 4096'],
	['write-across', 'write 200 bytes across a page end', 200, 'PCISTB 100+100'],
	['write-page-odd', 'write 4096 bytes at 1', 4096, 'PCISTB 4095+1'],
	['write-64k', 'write 64 KiB', 65536, '16 x PCISTB 4096'],
	['write-end', 'write 300, 100 fit into the buffer', 100, 'PCISTB 100+200'],
	['write-half', 'write 200, the user has 100', 'EFAULT', 'none'],
	['read-8', 'read 8 bytes', 8, 'PCILG 8'],
	['read-4', 'read 4 bytes', 4, 'PCILG 4'],
	['read-3', 'read 3 bytes of a doubleword', 3, 'PCILG 3'],
	['read-7', 'read 7 bytes of a doubleword', 7, 'PCILG 7'],
	['read-8-odd', 'read 8 bytes at 13', 8, 'PCILG 3+5'],
	['read-24', 'read 24 bytes', 24, '3 x PCILG 8'],
	['read-bad', 'read to a bad pointer', 'EFAULT', 'PCILG 8'],
	['read-legacy', 'read at 2 << 40, which is in BAR 0', 'EIO', 'PCILG 8'],
	['decode-write', 'write, memory decode off', 'EIO', 'none'],
	['decode-read', 'read, memory decode off', 'EIO', 'none'],
	['decode-again', 'write, memory decode on again', 64, 'PCISTB 64'],
	['ioeventfd', 'make an ioeventfd on BAR 2', 0, 'none'],
	['ioeventfd-signal', 'signal it', 8, 'PCISTB 8'],
	['low-power', 'low power entry', 0, 'none'],
	['low-power-write', 'write in low power (s390 has no PM)', 64, 'PCISTB 64'],
	['low-power-exit', 'low power exit', 0, 'none'],
	['low-power-again', 'write after low power', 64, 'PCISTB 64'],
	['mmap', 'mmap BAR 2', 'EINVAL', 'none'],
);

my @TIMES = (
	['time-1', '1 byte'], ['time-8', '8 bytes'], ['time-64', '64 bytes'],
	['time-512', '512 bytes'], ['time-4096', '4096 bytes'],
	['time-4096-by-8', '4096 bytes, 8 by 8'], ['time-64k', '64 KiB'],
);

# The payloads of one request: [ NAME, text ].
sub payloads {
	return @TIMES[0 .. 4];
}

# ---- instructions ----

# "PCISTB 100+100", "16 x PCISTB 4096".
sub instructions {
	my ($events) = @_;
	my @bars = grep { $_->{space} < 6 } @$events;
	my (@texts, $last);

	for my $event (@bars) {
		if (defined $last && $last eq $event->{insn}) {
			push @{$texts[-1]}, $event->{width};
		} else {
			push @texts, [ $event->{insn}, $event->{width} ];
			$last = $event->{insn};
		}
	}
	return join(', ', map {
		my ($insn, @widths) = @$_;
		my %widths = map { $_ => 1 } @widths;

		@widths > 2 && keys %widths == 1 ? @widths . " x $insn $widths[0]" :
			@widths > 6 ? @widths . " x $insn" : "$insn " . join('+', @widths);
	} @texts) || 'none';
}

sub errno_name {
	my ($number) = @_;

	for my $name (qw(EIO ENXIO EFAULT EINVAL ENODEV ENOMEM EBUSY ENOTTY EAGAIN)) {
		no strict 'refs';
		return $name if &{"Errno::$name"}() == $number;
	}
	return "errno $number";
}

# ---- results of the programs ----

sub probes {
	my ($run) = @_;
	my %probes;

	while ($run->{results} =~ /^probe (\d+) (\S+) (-?\d+) (\d+) (\S+)$/mg) {
		$probes{$2} = {
			returned => $3 < 0 ? errno_name($4) : $3, data => $5,
			insns => instructions($run->{trace}{events}{$1} // []),
		};
	}
	return \%probes;
}

sub regions {
	my ($run) = @_;
	my %regions;

	while ($run->{results} =~ /^region (\d) (0x\S+) (0x\S+) (\d)$/mg) {
		$regions{$1} = "$2 at $3" . ($4 ? ', feature' : '');
	}
	return \%regions;
}

# "kept", "refused" (an error, and no instruction), "otherwise" or "WRONG".
sub verdict {
	my ($probe, $wanted) = @_;

	return 'not asked' unless $probe;
	return 'kept' if $probe->{returned} eq $wanted->[2] && $probe->{insns} eq $wanted->[3] &&
		$probe->{data} ne 'wrong';
	return 'refused' if $probe->{returned} =~ /^E/ && $probe->{insns} eq 'none';
	return 'otherwise' if $probe->{returned} eq $wanted->[2] && $probe->{data} ne 'wrong' &&
		$wanted->[3] ne 'none';
	return 'WRONG';
}

sub probe_text {
	my ($probe) = @_;

	return '-' unless $probe;
	return $probe->{returned} . ($probe->{insns} eq 'none' ? '' : " by $probe->{insns}");
}

# ---- one run ----

# { PAYLOAD => nanoseconds }
sub measure {
	my ($dir, $driver, @options) = @_;
	my $run = Ism::run($dir, $driver, ['ism-compare time $LAB_ISM1 $LAB_ISM2'], '--no-trace', @options);

	return $run->{results} =~ /^time (\S+) (\d+)$/mg;
}

# The results with one driver: { booted, done, probes, regions, moves, faults, insns, times }.
# $name is for messages. The second boot's clock counts CPU instructions. The third boot uses
# wall-clock time, for the table only.
sub collect {
	my ($dir, $driver, $name, %opt) = @_;
	my @pair = ('$LAB_ISM1', '$LAB_ISM2');

	Lab::step("$name: requests, moves and faults in QEMU (usually half a minute)");
	my $run = Ism::run($dir, $driver, [
		"ism-compare probe @pair", "ism-moves @pair",
		map { "ism-faults $_ @pair short" } @Ism::FAULTS ], '--smp', 2);
	my ($moves, $faults) = split /^done$/m, $run->{results};
	Lab::step("$name: CPU instructions" . ($opt{times} ? ', and time' : '') . ' (usually half a minute)');

	return {
		booted => $run->{booted}, probes => probes($run), regions => regions($run),
		done => [ $run->{results} =~ /^done (\S+)$/mg ],
		moves => [ Ism::claims($moves) ], faults => [ Ism::claims($faults // '') ],
		insns => { measure($dir, $driver, '--qemu', '-icount shift=0,sleep=off') },
		times => { $opt{times} ? measure($dir, $driver) : () },
	};
}

# Did the programs print all results?
sub complete {
	my ($ours) = @_;

	return $ours->{booted} && @{$ours->{moves}} == Ism::MOVES_CLAIMS &&
		@{$ours->{faults}} == Ism::SHORT_FAULTS_CLAIMS && @{$ours->{done}} == 1 + @Ism::FAULTS &&
		keys %{$ours->{insns}} == @TIMES;
}

# Rows for the claims of a group, in the order of the rework's.
sub claim_rows {
	my ($group, $mainline, $ours) = @_;
	my %theirs = map { $_->[1] => $_ } @{$mainline->{$group}};

	return map {
		my @claims = ($theirs{$_->[1]}, $_);

		[ $group, $_->[1], (map { $_ ? $_->[2] : '-' } @claims),
			map { !$_ ? 'not asked' : $_->[0] ? 'kept' : 'not kept' } @claims ];
	} @{$ours->{$group}};
}

# [ probe, verdict, text ] for each request through one driver.
sub requests {
	my ($run) = @_;
	my $probes = probes($run);

	return map {
		my $probe = $probes->{$_->[0]};

		[ $_->[0], verdict($probe, $_), probe_text($probe) ]
	} @PROBES;
}

# [ group, name, mainline, ours, mainline's verdict, our verdict ], all text.
sub rows {
	my ($mainline, $ours) = @_;
	my @rows;

	push @rows, map {
		[ 'regions', "BAR $_", $mainline->{regions}{$_} // '-', $ours->{regions}{$_} // '-', '', '' ]
	} 0, 2;
	for my $wanted (@PROBES) {
		my @probes = map { $_->{probes}{$wanted->[0]} } $mainline, $ours;

		push @rows, [ 'requests', $wanted->[1], (map { probe_text($_) } @probes),
			map { verdict($_, $wanted) } @probes ];
	}
	push @rows, claim_rows($_, $mainline, $ours) for qw(moves faults);
	push @rows, map {
		my ($name, $what) = @$_;

		[ 'CPU instructions for a payload', $what,
			(map { $_->{insns}{$name} // '-' } $mainline, $ours), '', '' ]
	} @TIMES;
	push @rows, map {
		my ($name, $what) = @$_;

		[ 'microseconds, in the emulated machine', $what, (map {
			my $time = $_->{times}{$name};
			defined $time ? sprintf '%.1f', $time / 1000 : '-';
		} $mainline, $ours), '', '' ]
	} @TIMES;

	return @rows;
}

my $ROW = "%-44s %-10s%-32s %-11s%s\n";

# A claim is long, and its details matter only if it is not kept.
sub print_claim {
	my ($what, @cells) = @_;

	printf "%-10s %-10s %s\n", @cells[2, 3], $what;
	return if $cells[2] eq 'kept' && $cells[3] eq 'kept';
	print ' ' x 22, "mainline: $cells[0]\n", ' ' x 22, "the rework: $cells[1]\n";
}

sub print_header {
	my ($name, $claims) = @_;

	if ($claims) {
		printf "\n%-10s %-10s %s\n", 'mainline', 'the rework', $name;
	} else {
		printf "\n$ROW", $name, 'mainline', '(ism-vfio-pci)', 'the rework', '(vfio-pci)';
	}
	print '-' x 120, "\n";
}

sub print_rows {
	my (@rows) = @_;
	my $group = '';

	for my $row (@rows) {
		my ($name, $what, @cells) = @$row;
		my $claims = $name =~ /^(moves|faults)$/;

		next if $name =~ /^micro/ && $cells[1] eq '-';
		print_header($name, $claims) if $name ne $group;
		$group = $name;
		if ($claims) {
			print_claim($what, @cells);
		} else {
			printf $ROW, $what, @cells[2, 0, 3, 1];
		}
	}
}

1;
