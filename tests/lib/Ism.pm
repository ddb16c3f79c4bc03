# SPDX-License-Identifier: GPL-2.0-only
#
# Shared by the tests of the user space driver for ISM functions: boots the machine and reads
# the results of the programs.
package Ism;

use strict;
use warnings;

use File::Temp qw(tempdir);
use Test::More;

use IsmLog;
use Lab;
use ZpciLog;

# The number of claims that the programs print.
use constant { MOVES_CLAIMS => 21, FAULTS_CLAIMS => 38, SHORT_FAULTS_CLAIMS => 36 };

our @FAULTS = qw(busy reset gone kill error);

# The kernel with the ISM drivers; skips the test if it or its QEMU is not available.
sub kernel {
	Lab::get('build-qemu-ism');
	return Lab::get('build-kernel', 's390x-ism-7.3');
}

# How a driver gets into the machine: its modules, and the start of the job.
sub ours {
	my ($dir) = @_;

	return {
		modules => [ Lab::replacement_modules($dir) ],
		begin => 'LAB_ALL=$LAB_ISM_ALL; lab_load_vfio && lab_bind || exit 1',
	};
}

sub livepatch {
	my ($dir) = @_;

	return {
		modules => [ Lab::module($dir) ],
		begin => 'LAB_ALL=$LAB_ISM_ALL; lab_load_vfio && lab_bind && lab_load_width || exit 1',
	};
}

# lab-boot adds the kernel's own modules.
sub mainlines {
	return {
		modules => [],
		begin => 'LAB_ALL=$LAB_ISM_ALL LAB_DRIVER=ism_vfio_pci; lab_load_vfio && ' .
			'insmod /modules/ism-vfio-pci.ko && lab_bind || exit 1',
	};
}

# Boots with that driver and runs all commands, even if one fails. Each command begins with the
# name of a program. Returns { booted, results, insns, trace }.
sub run {
	my ($dir, $driver, $commands, @options) = @_;
	my $out = tempdir(CLEANUP => !$ENV{VPW_KEEP});
	my %programs = map { (split)[0] => 1 } @$commands;

	diag("kept: $out") if $ENV{VPW_KEEP};
	Lab::write_file("$out/job", join "\n", $driver->{begin}, 'failed=0',
		(map { "$_ || failed=1" } @$commands), '[ $failed = 0 ]', '');
	my $booted = Lab::boot($dir, $out, '--ism', 2, '--ism-options', 'source-page=on', '--timeout', 1800, @options,
		(map { ('--module', $_) } @{$driver->{modules}}),
		(map { ('--file', Lab::guest_program($_, 's390x')) } sort keys %programs));

	return {
		booted => $booted,
		results => Lab::read_file("$out/results"),
		insns => -e "$out/ism.log" ? IsmLog::read_log("$out/ism.log") : [],
		trace => -e "$out/trace.log" ? ZpciLog::read_log("$out/trace.log") : undef,
	};
}

# [ good, name, what was seen ] for each claim that the programs printed.
sub claims {
	my ($results) = @_;

	return map { /^claim (good|BAD): (.*) \((.*?)\)$/ ? [ $1 eq 'good', $2, $3 ] : () }
		split /\n/, $results;
}

# Reports each claim as a test.
sub report_claims {
	my ($results, $number) = @_;
	my @claims = claims($results);

	for my $claim (@claims) {
		ok($claim->[0], $claim->[1]) or diag($claim->[2]);
	}
	is(scalar @claims, $number, 'the programs print all claims');
}

sub moves_that_fit {
	my ($requests) = @_;

	return grep { IsmLog::parts($_) == 1 && $_->{ret} eq $_->{count} } @{$requests->{'sender 0'}};
}

# Compares the log with the requests on these BARs. Of these, only the receiver's BAR 0 gets none.
sub report_log {
	my ($run, @bars) = @_;
	my ($requests, $names) = IsmLog::read_results($run->{results});
	my (%kinds, %at);

	for my $insn (@{$run->{insns}}) {
		$kinds{$insn->{insn}}++;
		push @{$at{($names->{$insn->{function}} // 'unknown') . " $insn->{space}"}}, $insn;
	}
	for my $place (map { ("sender $_", "receiver $_") } @bars) {
		my $asked = $requests->{$place} // [];
		my $seen = $at{$place} // [];
		my @wrong = IsmLog::differences($asked, $seen);

		ok(!@wrong && (@$asked || $place eq 'receiver 0'), "$place: " . @$asked . ' requests are ' . @$seen .
			' instructions, as expected') or diag(@wrong);
	}
	is(join(' ', grep { !/^(sender|receiver) [02]$/ } sort keys %at), '', 'no other BAR is accessed');
	ok(!$kinds{PCISTG}, 'no instruction is a PCISTG');
	is(join(' ', grep { /I$/ } keys %{$run->{trace}{count}}), '', 'no instruction takes an address (MIO)');

	return $requests;
}

1;
