#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# The test matrix on s390x, with kernel 6.12 built small from source: stock's own path
# and the livepatch in one boot.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Lab;
use ZpciMatrix;

ZpciMatrix::test_kernel(Lab::get('build-kernel', 's390x-6.12'));
done_testing;
