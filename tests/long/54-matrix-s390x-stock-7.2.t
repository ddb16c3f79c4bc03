#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# The test matrix on Debian's stock kernel 7.2 for s390x, with replacement modules.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Lab;
use ZpciMatrix;

ZpciMatrix::test_kernel(Lab::get('get-foreign-kernel', '7.2', 's390x'), way => 'replacement');
done_testing;
