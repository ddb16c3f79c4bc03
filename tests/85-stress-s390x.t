#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# Stress on s390x, with what the machine supports, while the livepatch is disabled and enabled.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Lab;
use Stress;

Stress::test_stress(Lab::get('build-kernel', 's390x-6.12'), seconds => 10, seed => 7);
done_testing;
