#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# The test matrix on a mainline debug kernel with lockdep, KASAN, UBSAN and checks for sleeping
# in atomic context. A report of any of them fails the boot.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Lab;
use Matrix;

Matrix::test_kernel(Lab::get('build-kernel', 'debug-x86_64'),
	Lab::DEBUG);
done_testing;
