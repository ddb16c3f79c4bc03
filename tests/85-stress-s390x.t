#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# Stress on s390x while the livepatch is disabled and enabled. Threads that need what the machine
# lacks do not run.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Lab;
use Stress;

Stress::test_stress(Lab::get('build-kernel', 's390x-6.12'), seconds => 10, seed => 7);
done_testing;
