#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# A driver in user space moves data between two ISM functions through vfio-pci with the
# rework. Checks every byte and every instruction.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Ism;

my $dir = Ism::kernel();
my $run = Ism::run($dir, Ism::ours($dir), ['ism-moves $LAB_ISM1 $LAB_ISM2']);

ok($run->{booted}, 'the program finishes and the kernel reports no fault');
like($run->{results}, qr/^done$/m, 'all moves are done');
Ism::report_claims($run->{results}, Ism::MOVES_CLAIMS);
my $requests = Ism::report_log($run, 0, 2);
my @fit = Ism::moves_that_fit($requests);
cmp_ok(scalar @fit, '>', 4096, 'moves inside a page are one PCISTB each: ' . @fit);
my %lengths = map { $_->{count} => 1 } @fit;
is(scalar(keys %lengths), 4096, 'these moves have all lengths from 1 to 4096');
cmp_ok(scalar(grep { $_->{off} >= 1 << 40 } @fit), '>', 3000, 'most of these moves are above 1 TiB');
like($run->{results}, qr/^region move size 0x1000000000000 at 0x0$/m, 'BAR 0 has 256 TiB');
like($run->{results}, qr/^region signal at 0x200000000000000$/m, 'BAR 2 follows 64 PiB for each BAR before it');
done_testing;
