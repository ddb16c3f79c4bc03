#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# The rework's promises about the instructions of a request, compared with stock, on mainline
# 7.3, built from source; see tests/90-bench.t.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Bench;

my $found = Bench::count($Bench::SETUPS{'7.3-modules'});
ok($found, '7.3-modules: all requests are counted') and Bench::check_promises('7.3-modules', $found);
done_testing;
