#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# Stress on a 6.12 debug kernel, with replacement modules.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Lab;
use Stress;

Stress::test_stress(Lab::get('build-kernel', 'debug-x86_64-6.12'), way => 'replacement', seconds => 60, seed => 5,
	Lab::DEBUG);
done_testing;
