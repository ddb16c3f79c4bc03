#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# The test matrix on Debian's stock kernel 6.12 for arm64 with pages of 16 KiB, which are four
# chunks each.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Lab;
use VirtMatrix;

VirtMatrix::test_kernel(Lab::get('get-foreign-kernel', '6.12-16k', 'arm64'), way => 'replacement');
done_testing;
