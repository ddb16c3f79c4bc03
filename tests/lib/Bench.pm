# SPDX-License-Identifier: GPL-2.0-only
#
# Counts the instructions of requests on the stock path and on the rework's, with
# tests/guest/bar-bench in a machine whose clock counts instructions.
package Bench;

use strict;
use warnings;

use File::Temp qw(tempdir);
use Test::More;

use Lab;

# Counts depend on the compiler.
our $COMPILER = 'gcc ' . (split /[.\n]/, qx(gcc -dumpversion))[0];

our @SIZES = (1, 2, 4, 8, 16, 64, 128, 512, 4096, 65536);

# Plans for bar-bench, by architecture.
my %PLANS = (
	x86_64 => [
		'device memory 0000:00:08.0', 'device nvme 0000:00:07.0', 'device nicx 0000:00:06.0',
		'device edu 0000:00:04.0',
		(map { ("read memory memory 2 0 $_", "write memory memory 2 0 $_") } @SIZES),
		(map { ("read registers nvme 0 0 $_", "write registers nvme 0 0x28 $_") } 2, 4, 8),
		'read rom nicx 6 0 2048', 'event ioeventfd edu 0 0x80 4', 'trace nvme-start nvme /trace',
	],
	s390x => [
		'device nvme 0001:00:00.0',
		(map { ("read memory nvme 2 0 $_", "write memory nvme 2 0 $_") } @SIZES),
		(map { ("read registers nvme 0 0 $_", "write registers nvme 0 0x28 $_") } 4, 8),
		'trace nvme-start nvme /trace',
	],
);

$PLANS{arm64} = $PLANS{x86_64};

# Accesses of Linux' nvme driver until the admin queue exists (drivers/nvme/host/pci.c and
# core.c: nvme_pci_enable(), nvme_pci_configure_admin_queue(), nvme_disable_ctrl(),
# nvme_enable_ctrl()), without enabling the controller.
my @NVME_START = (
	'read 0 0x1c 4', 'read 0 0x0 8', 'read 0 0x8 4', 'read 0 0x14 4', 'write 0 0x14 4 0x460000',
	'read 0 0x1c 4', 'write 0 0x24 4 0x1f001f', 'write 0 0x28 8 0x10000', 'write 0 0x30 8 0x20000',
	'read 0 0x0 8', 'write 0 0x14 4 0x460000', ('read 0 0x1c 4') x 4, 'read 0 0x38 4', 'read 0 0x3c 4',
);

# { SETUP => its kernel, and how the rework gets into it }. A livepatch needs one boot, replacement
# modules two.
our %SETUPS = (
	'6.1' => { kernel => ['get-kernel', '6.1'], way => 'livepatch' },
	'6.12' => { kernel => ['get-kernel', '6.12'], way => 'livepatch' },
	'6.12-modules' => { kernel => ['get-kernel', '6.12'], way => 'replacement' },
	'7.3' => { kernel => ['build-kernel', 'mainline-x86_64'], way => 'livepatch' },
	'7.3-modules' => { kernel => ['build-kernel', 'mainline-x86_64'], way => 'replacement' },
	's390x-6.12' => { kernel => ['build-kernel', 's390x-6.12'], way => 'livepatch' },
	's390x-6.12-modules' => { kernel => ['build-kernel', 's390x-6.12'], way => 'replacement' },
	's390x-7.3' => { kernel => ['build-kernel', 's390x-ism-7.3'], way => 'livepatch' },
	'arm64-6.12-modules' => { kernel => ['get-foreign-kernel', '6.12', 'arm64'], way => 'replacement' },
);
our @ORDER = qw(6.1 6.12 6.12-modules 7.3 7.3-modules s390x-6.12 s390x-6.12-modules s390x-7.3 arm64-6.12-modules);

# Setups for other machines have the architecture first in their names.
sub is_for_x86_64 {
	my ($name) = @_;

	return $SETUPS{$name} && $name =~ /^\d/;
}

# QEMU options for counting. Without ERMS and FSRM, an x86_64 kernel copies and clears by words,
# so that a count is close to a CPU's work. With them QEMU counts each step of a string
# instruction: 4096 for a page that a CPU copies in 70 ns.
sub counting {
	my ($arch) = @_;

	return '-icount shift=0,sleep=off' . ($arch eq 'x86_64' ? ' -cpu max,-erms,-fsrm' : '');
}

# Boots a machine that runs jobs of bar-bench; returns their log.
sub boot {
	my ($dir, $job, @modules) = @_;
	my $out = tempdir(CLEANUP => !$ENV{VPW_KEEP});
	my $arch = Lab::arch($dir);

	Lab::write_file("$out/plan", join '', map { "$_\n" } @{$PLANS{$arch}});
	Lab::write_file("$out/trace", join '', map { "$_\n" } @NVME_START);
	Lab::write_file("$out/job", "lab_load_vfio && lab_bind && $job\n");
	Lab::boot($dir, $out, '--no-trace', '--memory', 768, '--timeout', 600,
		'--qemu', counting($arch), (map { ('--module', $_) } @modules),
		'--file', Lab::guest_program('bar-bench', $arch), '--data', "$out/plan",
		'--data', "$out/trace") or return '';

	return Lab::read_file("$out/results");
}

# { stock => { "WHAT DIRECTION COUNT" => INSTRUCTIONS, ... }, ours => ..., order => [...],
# release => ... }, undef on failure.
sub count {
	my ($setup) = @_;
	my $dir = Lab::get(@{$setup->{kernel}});
	my %found = (order => [], release => Lab::read_file("$dir/release") =~ s/\s//gr);
	my $results = $setup->{way} eq 'livepatch' ?
		boot($dir, 'bar-bench stock /plan && lab_load_width && bar-bench ours /plan',
			Lab::module($dir)) :
		boot($dir, 'bar-bench stock /plan') .
		boot($dir, 'bar-bench ours /plan', Lab::replacement_modules($dir));

	for (split /\n/, $results) {
		next unless /^bench (stock|ours) (\S+ \S+ \d+) (\d+)/;
		push @{$found{order}}, $2 if $1 eq 'stock';
		$found{$1}{$2} = $3;
	}
	return $results =~ /^done stock$/m && $results =~ /^done ours$/m ? \%found : undef;
}

# The rework's promises: at most this many times stock's instructions, in the same boot or on
# the same kernel.
my %PROMISED = (
	'6.1' => [[qr/^memory \w+ [1248]$/ => 1.20], [qr/^memory \w+ 4096$/ => 1 / 10]],
	'6.12-modules' => [[qr/^memory \w+ [1248]$/ => 1.10], [qr/^memory \w+ 4096$/ => 1 / 10], [qr/^ioeventfd/ => 1.05]],
	'7.3-modules' => [[qr/^memory \w+ [1248]$/ => 1.10], [qr/^memory \w+ 4096$/ => 1 / 10], [qr/^ioeventfd/ => 1.06]],
	'arm64-6.12-modules' => [[qr/^memory \w+ [1248]$/ => 1.10], [qr/^memory \w+ 4096$/ => 1 / 10], [qr/^ioeventfd/ => 1.05]],
	# gcc 14 needs 1.055.
	's390x-6.12-modules' => [[qr/^memory \w+ [1248]$/ => $COMPILER eq 'gcc 12' ? 1.05 : 1.06], [qr/^memory write 4096$/ => 1 / 30]],
);

sub check_promises {
	my ($name, $found) = @_;

	for my $promise (@{$PROMISED{$name}}) {
		my ($which, $ratio) = @$promise;
		my @keys = grep { /$which/ } @{$found->{order}};
		my @bad = grep { $found->{ours}{$_} > $ratio * $found->{stock}{$_} } @keys;

		ok(@keys && !@bad, sprintf '%s: %s: at most %.3f times stock', $name, $which, $ratio)
			or diag(map { "$_: $found->{stock}{$_} -> $found->{ours}{$_}\n" } @bad);
	}
}

1;
