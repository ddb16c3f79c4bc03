#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# Stress on the stock kernel 6.1 with PREEMPT_RT, while the livepatch is disabled and enabled.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Lab;
use Stress;

Stress::test_stress(Lab::get('get-kernel', '6.1-rt'), seconds => 10, seed => 11, leak => 1, calm => 1);
done_testing;
