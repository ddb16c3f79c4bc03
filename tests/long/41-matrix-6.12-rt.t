#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# The test matrix on Debian's stock kernel 6.12 with PREEMPT_RT, with the livepatch.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Lab;
use Matrix;

Matrix::test_kernel(Lab::get('get-kernel', '6.12-rt'));
done_testing;
