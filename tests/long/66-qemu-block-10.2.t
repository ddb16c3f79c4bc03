#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# The requests that QEMU 10.2 makes for PCI instructions of a guest, on a fake VFIO.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use QemuBlock;

QemuBlock::test_blocks('10.2');
done_testing;
