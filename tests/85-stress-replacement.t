#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# Stress on a mainline debug kernel with the replacement modules.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Lab;
use Stress;

Stress::test_stress(Lab::get('build-kernel', 'debug-x86_64'), way => 'replacement', seconds => 20, seed => 3,
	Lab::DEBUG);
done_testing;
