#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# The test matrix on arm64, with 7.3 built from a tree with the rework.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Lab;
use VirtMatrix;

VirtMatrix::test_kernel(Lab::in_tree_kernel('7.3', 'arm64'), way => 'in-tree', boot => [Lab::NO_SUITES]);
done_testing;
