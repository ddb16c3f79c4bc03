#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# BARs that somebody else has claimed, on s390x, where no map is needed to reach one. 7.3
# claims BARs when it opens the device; its KUnit kernel has no modules, so it gets the rework
# by replacement modules.
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
