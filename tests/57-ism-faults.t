#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# The same driver while something goes wrong: a busy function, the error state, resets,
# a function that is taken away, processes that are killed.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Ism;

my $dir = Ism::kernel();
my $run = Ism::run($dir, Ism::ours($dir), [ map { "ism-faults $_ \$LAB_ISM1 \$LAB_ISM2" } @Ism::FAULTS ],
	'--smp', 2);

ok($run->{booted}, 'nothing hung, and the kernel did not complain');
like($run->{results}, qr/^done $_$/m, "$_: came to its end") for @Ism::FAULTS;
Ism::report_claims($run->{results}, Ism::FAULTS_CLAIMS);
# What a process that is killed has told the functions by commands, nobody knows.
Ism::report_log($run, 0);
done_testing;
