#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# What the rework changes besides requests on BARs, on Debian 12's stock kernel 6.12.
# VGA memory, which never had more than 4 bytes before, got 8 there.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Lab;
use Features;

Features::test_kernel(Lab::get('get-kernel', '6.12'), stock_vga => 8);
done_testing;
