#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# The same requests on the stock path and on ours, on debug kernels.
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
