#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# The rework's promises about the instructions of a request, compared with stock, on Debian's
# kernel 6.12 for arm64; see tests/90-bench.t.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Lab;
use Bench;

my $found = Bench::count($Bench::SETUPS{'arm64-6.12-modules'});
ok($found, 'arm64-6.12-modules: all requests are counted') and Bench::check_promises('arm64-6.12-modules', $found);
done_testing;
