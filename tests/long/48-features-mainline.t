#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# The rework's changes besides requests on BARs, on mainline.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Lab;
use Features;

Features::test_kernel(Lab::get('build-kernel', 'mainline-x86_64'), stock_vga => 4);
done_testing;
