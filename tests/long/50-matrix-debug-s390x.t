#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# The test matrix on s390x, on a mainline debug kernel.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Lab;
use ZpciMatrix;

ZpciMatrix::test_kernel(Lab::get('build-kernel', 'debug-s390x'), Lab::DEBUG);
done_testing;
