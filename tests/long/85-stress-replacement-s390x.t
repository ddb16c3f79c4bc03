#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# Stress on a mainline s390x kernel with debug checks, with replacement modules. Threads that need
# what the machine lacks do not run.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Lab;
use Stress;

Stress::test_stress(Lab::get('build-kernel', 'debug-s390x'), way => 'replacement', seconds => 60, seed => 9,
	Lab::DEBUG);
done_testing;
