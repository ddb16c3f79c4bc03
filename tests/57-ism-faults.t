#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# The driver of 56-ism-moves under faults: a busy function, the error state, resets, a function
# that is unplugged, processes that are killed.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Ism;

my $dir = Ism::kernel();
my $run = Ism::run($dir, Ism::ours($dir), [ map { "ism-faults $_ \$LAB_ISM1 \$LAB_ISM2" } @Ism::FAULTS ],
	'--smp', 2);

ok($run->{booted}, 'nothing hangs, and the kernel reports no fault');
# The driver does not see it, as the kernel retries.
cmp_ok(scalar(grep { $_->{result} eq 'busy' } @{$run->{insns}}), '>', 600, 'the function is busy when ordered to be');
like($run->{results}, qr/^done $_$/m, "$_: finishes") for @Ism::FAULTS;
Ism::report_claims($run->{results}, Ism::FAULTS_CLAIMS);
# Commands that a killed process issued are unknown, so the log is checked for moves only.
Ism::report_log($run, 0);
done_testing;
