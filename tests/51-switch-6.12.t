#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# Enables and disables the livepatch 20 times under load, on the stock kernel 6.12.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Lab;
use Load;

Load::test_switch(Lab::get('get-kernel', '6.12'), times => 20, stock => '8');
done_testing;
