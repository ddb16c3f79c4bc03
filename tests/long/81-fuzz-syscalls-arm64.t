#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# Random system calls on Debian's stock kernel 6.12 for arm64, with replacement modules.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Lab;
use Fuzz;

Fuzz::test_kernel(Lab::get('get-foreign-kernel', '6.12', 'arm64'), way => 'replacement', seed => 6);
done_testing;
