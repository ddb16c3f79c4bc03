#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# The kernel's own VFIO selftests on mainline 7.3, with the kernel's modules and with ours. What
# passes with the former must pass with the latter.
use strict;
use warnings;
use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/../lib";
use List::Util qw(min);
use Test::More;
use Lab;
use Selftests;

my $source = Lab::get('get-source', '7.3');
my $dir = Lab::get('build-kernel', 'mainline-x86_64');
my $programs = Lab::get('build-selftests', '7.3');

my $stock = Selftests::run($dir, $programs);
Selftests::report('stock', $stock);

SKIP: {
	my $replace = "$FindBin::Bin/../../integration/replacement-modules";
	my $modules = tempdir(CLEANUP => 1);

	ok(Lab::run($replace, "KSRC=$source", "KDIR=$dir/headers", "OUT=$modules"),
		'the replacement modules build') or last SKIP;
	ok(-e "$modules/$_", "$_ is among the replacement modules") for qw(vfio-pci-core.ko vfio-pci.ko);

	my $ours = Selftests::run($dir, $programs, $modules);
	isnt($ours->{modules}, $stock->{modules}, 'replaced: the replacement modules are loaded');
	Selftests::report('replaced', $ours);
	my @lost = grep {
		$stock->{by_name}{$_}{verdict} eq 'pass' && ($ours->{by_name}{$_}{verdict} // '') ne 'pass'
	} @{$stock->{order}};
	ok(!@lost, 'replaced: what passes with the kernel\'s own modules passes')
		or diag(@lost . " do not:\n", map { "  $_\n" } @lost[0 .. min($#lost, 19)]);

	# libvfio uses the offsets that VFIO_DEVICE_GET_REGION_INFO reports.
	local $Selftests::PREPARE = 'echo 1 >/sys/module/vfio_pci_core/parameters/debug_large_offsets';
	my $large = Selftests::run($dir, $programs, $modules);
	my @gone = grep {
		$ours->{by_name}{$_}{verdict} eq 'pass' && ($large->{by_name}{$_}{verdict} // '') ne 'pass'
	} @{$ours->{order}};
	ok(!@gone, 'replaced, large offsets: the same tests pass')
		or diag(@gone . " do not:\n", map { "  $_\n" } @gone[0 .. min($#gone, 19)]);
}

done_testing;
