#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# A request writes to user memory only what it returns, and once: on the stock kernel 6.1 with
# the livepatch.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Lab;
use Untouched;

Untouched::test_kernel(Lab::get('get-kernel', '6.1'));
done_testing;
