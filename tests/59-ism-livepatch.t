#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# Requests on ISM functions through mainline's vfio-pci, which cannot reach them, with the
# livepatch: all of BAR 2, and BAR 0 below 1 TiB.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Ism;
use IsmTable;

my $dir = Ism::kernel();
my $run = Ism::run($dir, Ism::livepatch($dir), ['ism-compare probe $LAB_ISM1 $LAB_ISM2 33']);

ok($run->{booted}, 'the program finishes and the kernel reports no fault');
# With the stock region offsets, 2 << 40 is in BAR 2, not in BAR 0.
for my $request (grep { $_->[0] =~ /^(write|read|decode)-/ && $_->[0] ne 'read-legacy' } IsmTable::requests($run)) {
	is($request->[1], 'kept', $request->[0]) or diag($request->[2]);
}
done_testing;
