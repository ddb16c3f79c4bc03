#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# Stress on the stock kernel 6.1: everything at once, while the livepatch is disabled and
# enabled. VPW_SEED and VPW_SECONDS change the run.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Lab;
use Stress;

Stress::test_stress(Lab::get('get-kernel', '6.1'), seconds => 20, seed => 1, leak => 1, calm => 1);
done_testing;
