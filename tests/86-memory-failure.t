#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# Each allocation and each user copy of a request fails in turn, on a mainline debug kernel
# that looks for leaks.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Lab;
use Nomem;

Nomem::test_each(Lab::get('build-kernel', 'debug-x86_64'), Lab::DEBUG);
done_testing;
