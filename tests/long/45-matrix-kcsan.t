#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# The test matrix on a mainline kernel with KCSAN, which finds data races, with the livepatch.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Lab;
use Matrix;

Matrix::test_kernel(Lab::get('build-kernel', 'kcsan-x86_64'), Lab::DEBUG);
done_testing;
