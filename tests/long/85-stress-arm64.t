#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# Stress on Debian's stock kernel 6.12 for arm64, with replacement modules.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Lab;
use Stress;

Stress::test_stress(Lab::get('get-foreign-kernel', '6.12', 'arm64'), way => 'replacement', seconds => 60,
	seed => 10);
done_testing;
