#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# Everything at the same time, on a mainline kernel that checks itself, with the
# livepatch.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Lab;
use Stress;

Stress::test_stress(Lab::get('build-kernel', 'debug-x86_64'), seconds => 20, seed => 2, Lab::DEBUG);
done_testing;
