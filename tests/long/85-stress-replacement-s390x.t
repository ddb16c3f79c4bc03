#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# Stress on s390x, with what the machine supports, on a mainline debug kernel, with replacement
# modules.
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
