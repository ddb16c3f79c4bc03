#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# Random system calls on debug kernels: mainline with the livepatch and with replacement
# modules, 6.12 with the livepatch.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Lab;
use Fuzz;

my $mainline = Lab::get('build-kernel', 'debug-x86_64');

Fuzz::test_kernel($mainline, seed => 3, Lab::DEBUG);
Fuzz::test_kernel($mainline, way => 'replacement', seed => 4, Lab::DEBUG);
Fuzz::test_kernel(Lab::get('build-kernel', 'debug-x86_64-6.12'), seed => 5, Lab::DEBUG);
done_testing;
