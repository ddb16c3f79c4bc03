#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# Our selftest for the kernel, selftests/vfio_pci_bar_test.c, on mainline 7.3: with our modules
# everything passes, with the kernel's own everything except its known faults.
use strict;
use warnings;
use File::Basename qw(dirname);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Lab;
use Selftests;

# Why these fail with the kernel's own vfio-pci; see "What is different from stock, and why" in
# Documentation/contract.rst.
my $writes = 'the readable part of the source has been written';
my $reads = 'bytes beyond those returned have been written to the buffer';
my %stock_fails = (
	'vfio_pci_bar_test on ivshmem: vfio_pci_memory_bar_test' => {
		write_half_bad_unaligned => $writes,
		write_half_bad_page => $writes,
		write_second_page_bad => $writes,
		read_half_bad_register => $reads,
		read_half_bad_page => $reads,
	},
	'vfio_pci_bar_test on e1000e: vfio_pci_bar_test' => {
		msix_table_without_decode => $reads,
		rom_without_decode => 'ENOMEM, as the ROM is read although decode is off',
		rom_two_readers => 'one reader disables the decode for the other',
	},
	'vfio_pci_bar_test on nvme: vfio_pci_bar_test' => { msix_table_without_decode => $reads },
);

my $dir = Lab::get('build-kernel', 'mainline-x86_64');
my $modules = dirname((Lab::replacement_modules($dir))[0]);
my $programs = Lab::get('build-selftests', '7.3');

my $stock = Selftests::run($dir, $programs, undef, @Selftests::BAR_RUNS);
note("  $_") for @{$stock->{said}};
ok($stock->{booted}, 'stock: the machine finishes and the kernel reports no fault');
ok($stock->{complete}, 'stock: the selftest runs on all devices');
my %failed = map { $_ => 1 } Selftests::names($stock, 'fail');
for my $fixture (sort keys %stock_fails) {
	my $tests = $stock_fails{$fixture};

	ok(delete $failed{"$fixture.$_"}, "stock: $fixture.$_ fails: $tests->{$_}") for sort keys %$tests;
}
is_deeply([ sort keys %failed ], [], 'stock: all others pass or are skipped');

my $ours = Selftests::run($dir, $programs, $modules, @Selftests::BAR_RUNS);
isnt($ours->{modules}, $stock->{modules}, 'ours: our modules are loaded');
Selftests::report('ours', $ours);
is_deeply([ Selftests::names($ours, 'skip') ], [ Selftests::names($stock, 'skip') ],
	'the same tests are skipped with both');
my %ran = map { s/.*: //r => 1 } Selftests::names($ours, 'pass');
is_deeply([ grep { !$ran{$_} } map { s/.*: //r } @{$ours->{order}} ], [], 'each test runs on at least one device');

# A user that asks for region offsets, as mainline's libvfio does, also works with large ones.
$Selftests::PREPARE = 'echo 1 >/sys/module/vfio_pci_core/parameters/debug_large_offsets';
Selftests::report('large offsets', Selftests::run($dir, $programs, $modules, @Selftests::BAR_RUNS));

done_testing;
