#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# BARs that another driver has claimed, on s390x, where no map is needed to access a BAR. 7.3
# claims BARs when it opens the device. It gets the rework as replacement modules, as the kernel
# built with the rework for the KUnit suites has no module support.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Lab;
use Claimed;

note('Linux 6.12');
Claimed::test_freed(Lab::get('build-kernel', 's390x-6.12'), 'livepatch', 0);
note('Linux 7.3');
for my $way (qw(livepatch replacement)) {
	Claimed::test_freed(Lab::get('build-kernel', 's390x-ism-7.3'), $way, 1);
}
done_testing;
