#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# Like 56-ism-moves, with 7.3 built from a tree that has the rework, where CLP reports neither the
# function type nor relaxed alignment, as in a guest of QEMU.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Ism;
use Lab;

Lab::get('build-qemu-ism');
my $dir = Lab::in_tree_kernel('7.3');
my $run = Ism::run($dir, { modules => [], begin => 'LAB_ALL=$LAB_ISM_ALL; lab_bind || exit 1' },
	['ism-moves $LAB_ISM1 $LAB_ISM2'], Lab::NO_SUITES, '--ism-options', 'source-page=on,plain-clp=on');

ok($run->{booted}, 'the program finishes and the kernel reports no fault');
like($run->{results}, qr/^done$/m, 'all moves are done');
Ism::report_claims($run->{results}, Ism::MOVES_CLAIMS);
Ism::report_log($run, 0, 2);
done_testing;
