#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# Everything at the same time, on a mainline kernel that looks for data races, with the
# replacement modules, on two processors that run at the same time.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Lab;
use Stress;

Stress::test_stress(Lab::get('build-kernel', 'kcsan-x86_64'), way => 'replacement', seconds => 60, seed => 6,
	parallel => 1, Lab::DEBUG);
done_testing;
