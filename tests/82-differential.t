#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# The same requests on the stock path and on ours, on both stock kernels.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Lab;
use Differential;

Differential::check_list();
Differential::test_kernel(Lab::get('get-kernel', '6.1'), '6.1', seed => 1);
Differential::test_kernel(Lab::get('get-kernel', '6.12'), '6.12', seed => 2);
done_testing;
