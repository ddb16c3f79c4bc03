#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# The same requests by the stock path and by ours, on kernels that check themselves.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Lab;
use Differential;

Differential::test_kernel(Lab::get('build-kernel', 'debug-x86_64'), '7.3', seed => 3, Lab::DEBUG);
Differential::test_kernel(Lab::get('build-kernel', 'debug-x86_64-6.12'), '6.12', seed => 4, Lab::DEBUG);
done_testing;
