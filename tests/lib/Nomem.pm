# SPDX-License-Identifier: GPL-2.0-only
#
# Each allocation and each user copy of a request fails in turn: tests/guest/bar-nomem.
package Nomem;

use strict;
use warnings;

use File::Temp qw(tempdir);
use Test::More;

use Lab;
use Stress;

# The outcome that at least one fault must have had, by request and bytes: it shows that the
# fault hit the request. A copy to the user that fails once is continued, so only its bytes are
# compared.
my @WANTED = (
	[ 'rom 64' => 'no-memory' ], [ 'write 8' => 'bad-address' ], [ 'write 9' => 'bad-address' ], [ 'write 64' => 'bad-address' ],
	[ 'write 20000' => 'part' ], [ 'first 128' => 'no-memory' ], [ 'ioeventfd 4' => 'no-memory' ],
);

# The livepatch allocates a buffer for each of these requests.
my @WANTED_LIVEPATCH = map { [ $_ => 'no-memory' ] } 'read 2047', 'read 4096', 'write 2048', 'write 4096';

# Both ways in one boot, as a boot of a debug kernel is slow.
my $JOB = <<'JOB';
mount -t debugfs debugfs /sys/kernel/debug
lab_load_vfio && lab_bind && lab_load_width && bar-nomem each || exit 1
echo 0 >"$LAB_PATCH/enabled"
lab_settle
rmmod vfio_pci_width && rmmod vfio_pci && rmmod vfio_pci_core &&
	insmod /vfio-pci-core.ko && insmod /vfio-pci.ko && lab_bind && bar-nomem each
JOB

# Checks the log of one run.
sub check_run {
	my ($way, $results) = @_;
	my %got;

	while ($results =~ /^(\w+ \d+) at 0x[0-9a-f]+: (.*)/mg) {
		my ($step, %counts) = ($1, split / /, $2);

		$got{$step}{$_} += $counts{$_} for keys %counts;
		diag("$way: $step: $2") if $ENV{VPW_KEEP};
	}
	for my $wanted (@WANTED, $way eq 'livepatch' ? @WANTED_LIVEPATCH : ()) {
		my ($step, $what) = @$wanted;

		cmp_ok($got{$step}{$what} // 0, '>', 0, "$way: $step: $what");
	}
}

sub test_each {
	my ($dir, %opt) = @_;
	my $out = tempdir(CLEANUP => !$ENV{VPW_KEEP});

	diag("kept: $out") if $ENV{VPW_KEEP};
	Lab::write_file("$out/job", $JOB);
	my $booted = Lab::boot($dir, $out, '--module', Lab::module($dir),
		(map { ('--data', $_) } Lab::replacement_modules($dir)),
		'--file', Lab::guest_program('bar-nomem'), '--no-trace', '--timeout', 600, @{$opt{boot} // []});
	ok($booted, 'requests do what they return when memory fails, and nothing leaks') or do {
		Stress::diag_console($out);
		return;
	};

	my @runs = split /^done each\n/m, Lab::read_file("$out/results");
	is(scalar @runs, 2, 'both runs finish');
	check_run('livepatch', $runs[0]);
	check_run('replacement', $runs[1] // '');
}

1;
