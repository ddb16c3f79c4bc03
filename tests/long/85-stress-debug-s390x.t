#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# Stress on a mainline s390x kernel with debug checks, with the livepatch. Threads that need
# what the machine lacks do not run.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Lab;
use Stress;

Stress::test_stress(Lab::get('build-kernel', 'debug-s390x'), seconds => 60, seed => 8, Lab::DEBUG);
done_testing;
