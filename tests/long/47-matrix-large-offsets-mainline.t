#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# Like 46-matrix-replacement-mainline, with the larger region offsets that BARs above 1 TiB need.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Lab;
use Matrix;

Matrix::test_kernel(Lab::get('build-kernel', 'mainline-x86_64'), way => 'replacement',
	parameters => 'debug_large_offsets=1', large => 1);
done_testing;
