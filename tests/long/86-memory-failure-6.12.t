#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# Each allocation and each user copy of a request fails in turn, on 6.12, where the first
# request on a BAR sets up its map.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Lab;
use Nomem;

Nomem::test_each(Lab::get('build-kernel', 'debug-x86_64-6.12'), Lab::DEBUG);
done_testing;
