#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# Our selftest for the kernel, selftests/vfio_pci_bar_test.c, on mainline 7.3: all of it
# passes with our modules, and with the kernel's own all but what is known to be wrong.
use strict;
use warnings;
use File::Basename qw(dirname);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Lab;
use Selftests;

# What the kernel's own vfio-pci does otherwise; see "What is different from stock, and why"
# in Documentation/contract.rst.
my $writes = 'what of the source can be read has been written';
my $reads = 'bytes beyond the ones returned have been written to the buffer';
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
		rom_without_decode => 'ENOMEM, as the ROM is looked at nevertheless',
		rom_two_readers => 'one of them turns the decode off for the other',
	},
	'vfio_pci_bar_test on nvme: vfio_pci_bar_test' => { msix_table_without_decode => $reads },
);

my $dir = Lab::get('build-kernel', 'mainline-x86_64');
my $modules = dirname((Lab::replacement_modules($dir))[0]);
my $programs = Lab::get('build-selftests', '7.3');

my $stock = Selftests::run($dir, $programs, undef, @Selftests::BAR_RUNS);
note("  $_") for @{$stock->{said}};
ok($stock->{booted}, 'stock: nothing failed in the machine and the kernel did not complain');
ok($stock->{complete}, 'stock: it was run on all devices');
my %failed = map { $_ => 1 } Selftests::names($stock, 'fail');
for my $fixture (sort keys %stock_fails) {
	my $tests = $stock_fails{$fixture};

	ok(delete $failed{"$fixture.$_"}, "stock: $fixture.$_ fails: $tests->{$_}") for sort keys %$tests;
}
is_deeply([ sort keys %failed ], [], 'stock: all others pass or are skipped');

my $ours = Selftests::run($dir, $programs, $modules, @Selftests::BAR_RUNS);
isnt($ours->{modules}, $stock->{modules}, 'ours: it is these modules that were loaded');
Selftests::report('ours', $ours);
is_deeply([ Selftests::names($ours, 'skip') ], [ Selftests::names($stock, 'skip') ],
	'the same are skipped with both');
my %ran = map { s/.*: //r => 1 } Selftests::names($ours, 'pass');
is_deeply([ grep { !$ran{$_} } map { s/.*: //r } @{$ours->{order}} ], [], 'each has run on one device at least');

# Who asks where a region is, as mainline's libvfio does, finds it there too.
$Selftests::PREPARE = 'echo 1 >/sys/module/vfio_pci_core/parameters/debug_large_offsets';
Selftests::report('large offsets', Selftests::run($dir, $programs, $modules, @Selftests::BAR_RUNS));

done_testing;
