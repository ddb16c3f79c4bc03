#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# The test matrix on Debian's stock kernel 6.12, with replacement modules and the larger
# region offsets that BARs above 1 TiB need.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Lab;
use Matrix;

Matrix::test_kernel(Lab::get('get-kernel', '6.12'), way => 'replacement', parameters => 'debug_large_offsets=1',
	large => 1);
done_testing;
