#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# Stress on s390x, with what the machine supports, on a mainline debug kernel, with the
# livepatch.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Lab;
use Stress;

Stress::test_stress(Lab::get('build-kernel', 'debug-s390x'), seconds => 60, seed => 8, Lab::DEBUG);
done_testing;
