# SPDX-License-Identifier: GPL-2.0-only
#
# Random system calls on a device's file, made by tests/guest/bar-fuzz in a machine.
package Fuzz;

use strict;
use warnings;

use File::Temp qw(tempdir);
use Test::More;

use Lab;

# Kinds of buffers: all must occur, "held" only where there is userfaultfd.
my @KINDS = qw(good half half-readonly readonly no-access unmapped null kernel self held);

# How the rework gets into the machine; replacement modules use the large region offsets.
my %WAYS = (
	livepatch => {
		load => 'lab_load_vfio && lab_bind && lab_load_width',
		parameters => '/sys/module/vfio_pci_width/parameters/* $LAB_PATCH/enabled',
	},
	replacement => {
		load => 'lab_load_vfio && echo 1 >/sys/module/vfio_pci_core/parameters/debug_large_offsets && lab_bind',
		parameters => '/sys/module/vfio_pci_core/parameters/*',
	},
);

# Options: way => 'livepatch' (default) or 'replacement', seed, requests, boot =>
# [options of lab-boot].
sub test_kernel {
	my ($dir, %opt) = @_;
	my $way = $opt{way} // 'livepatch';
	my ($seed, $requests) = ($ENV{VPW_SEED} // $opt{seed} // 1, $opt{requests} // 4000);
	my @modules = $way eq 'livepatch' ? Lab::module($dir) : Lab::replacement_modules($dir);
	my $out = tempdir(CLEANUP => !$ENV{VPW_KEEP});

	diag("kept: $out") if $ENV{VPW_KEEP};
	Lab::write_file("$out/job", <<"JOB");
$WAYS{$way}{load} || exit 1
stat -c 'TEST: %a %u %n' $WAYS{$way}{parameters} || exit 1
bar-fuzz $seed $requests
JOB
	my $booted = Lab::boot($dir, $out, (map { ('--module', $_) } @modules), '--no-trace',
		'--smp', 2, '--file', Lab::guest_program('bar-fuzz', Lab::arch($dir)), @{$opt{boot} // []});

	ok($booted, "$way: the machine finishes, and the kernel reports no fault");
	report($way, Lab::read_file("$out/results"));
	check_modes($way, Lab::read_file("$out/console.log"));
}

# Only root may change parameters.
sub check_modes {
	my ($way, $console) = @_;
	my @files = $console =~ /^TEST: (.*?)\r?$/mg;
	my @others = grep { !/^(?:644|444) 0 / } @files;

	cmp_ok(@files, '>=', 2, "$way: there are parameters");
	is("@others", '', "$way: only root may write them");
}

sub report {
	my ($way, $results) = @_;
	my ($seed) = $results =~ /^seed (\d+)/m;
	my %count = $results =~ /^kind (\S+) (\d+)/mg;
	my ($held) = $results =~ /^held (.*)/m;

	diag($_) for $results =~ /^(wrong .*)/mg;
	like($results, qr/^wrongs 0$/m, "$way: all requests match the model (seed " . ($seed // '?') . ')');
	like($results, qr/^done$/m, "$way: the program finishes");
	for my $kind (@KINDS) {
		my $name = "$way: requests with a buffer of kind $kind";

		if ($kind eq 'held' && ($held // '') ne 'yes') {
			SKIP: { skip("$name: no userfaultfd: " . ($held // 'not reached'), 1) }
			next;
		}
		cmp_ok($count{$kind} // 0, '>', 0, $name);
	}
	like($results, qr/^zapped good [1-9]\d* refused [1-9]/m,
		"$way: buffers in a mapping that is zapped meanwhile: some requests succeed, some fail");
}

1;
