#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# The rework's changes besides requests on BARs, on Debian's stock kernel 6.12. That kernel
# accesses VGA memory with up to 8 bytes; others, and the rework, with at most 4.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Lab;
use Features;

Features::test_kernel(Lab::get('get-kernel', '6.12'), stock_vga => 8);
done_testing;
