#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# Everything at the same time that s390x has of it, on a mainline kernel that checks
# itself, with the livepatch.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Lab;
use Stress;

Stress::test_stress(Lab::get('build-kernel', 'debug-s390x'), seconds => 60, seed => 8, Lab::DEBUG);
done_testing;
