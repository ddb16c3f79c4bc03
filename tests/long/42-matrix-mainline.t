#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# The test matrix on mainline 7.3, built from source, with the livepatch.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Lab;
use Matrix;

Matrix::test_kernel(Lab::get('build-kernel', 'mainline-x86_64'));
done_testing;
