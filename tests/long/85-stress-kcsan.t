#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# Stress on a mainline kernel with KCSAN, which finds data races, with replacement modules: on
# two CPUs that take turns, and on two that run in parallel, which QEMU cannot do while BARs
# come and go.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Lab;
use Stress;

my $dir = Lab::get('build-kernel', 'kcsan-x86_64');

for my $parallel (0, 1) {
	Stress::test_stress($dir, way => 'replacement', seconds => 60, seed => 6, parallel => $parallel, Lab::DEBUG);
}
done_testing;
