#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# Everything at the same time, on the stock kernel 6.1 with PREEMPT_RT, with the livepatch,
# which goes and comes again.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Lab;
use Stress;

Stress::test_stress(Lab::get('get-kernel', '6.1-rt'), seconds => 10, seed => 11, leak => 1, calm => 1);
done_testing;
