#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# BARs that another driver has claimed, on the stock kernels 6.1 and 6.12.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Lab;
use Claimed;

for my $case ([ '6.1', 'livepatch' ], [ '6.12', 'livepatch' ], [ '6.12', 'replacement' ]) {
	my ($version, $way) = @$case;
	my $dir = Lab::get('get-kernel', $version);

	note("Linux $version");
	Claimed::test_cost($dir, $way);
	Claimed::test_freed($dir, $way, 0);
	Claimed::test_meet($dir, $way, 140) if $way eq 'livepatch';
}
done_testing;
