#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# The test matrix on s390x, with mainline 7.3 built from source: the stock path and the
# livepatch in one boot.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Lab;
use ZpciMatrix;

ZpciMatrix::test_kernel(Lab::get('build-kernel', 's390x-ism-7.3'));
done_testing;
