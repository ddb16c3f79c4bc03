#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# Random system calls on the stock kernels: 6.1 with the livepatch, 6.12 with
# replacement modules.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Lab;
use Fuzz;

Fuzz::test_kernel(Lab::get('get-kernel', '6.1'), seed => 1);
Fuzz::test_kernel(Lab::get('get-kernel', '6.12'), way => 'replacement', seed => 2);
done_testing;
