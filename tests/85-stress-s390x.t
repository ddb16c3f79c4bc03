#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# Everything at the same time that s390x has of it, with the livepatch, which goes and
# comes again.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Lab;
use Stress;

Stress::test_stress(Lab::get('build-kernel', 's390x-6.12'), seconds => 10, seed => 7);
done_testing;
