#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# Like 52-matrix-arm64-in-tree-7.3, with pages of 64 KiB, which are 16 chunks each.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Lab;
use VirtMatrix;

VirtMatrix::test_kernel(Lab::in_tree_kernel('7.3', 'arm64-64k'), way => 'in-tree', boot => [Lab::NO_SUITES]);
done_testing;
