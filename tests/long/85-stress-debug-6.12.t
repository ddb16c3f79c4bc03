#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# Stress on a 6.12 debug kernel, with the livepatch.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Lab;
use Stress;

Stress::test_stress(Lab::get('build-kernel', 'debug-x86_64-6.12'), seconds => 60, seed => 4, Lab::DEBUG);
done_testing;
