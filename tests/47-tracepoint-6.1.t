#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# The livepatch's tracepoint on Debian 12's stock kernel 6.1, if the kernel allows a livepatch
# module to have one.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Lab;
use Steps;

my $t = Steps->new;

$t->begin('livepatch', 'edu', 'nic');
$t->plan_tracepoint;

# Without the livepatch's events there is no plan to run.
my $job = <<'JOB';
mount -t tracefs tracefs /sys/kernel/tracing && lab_load_vfio && lab_bind && lab_load_width || exit 1
[ -e /sys/kernel/tracing/events/vfio_pci ] || {
	dmesg | sed -n 's/.*\(vfio_pci_width: module has bad taint\)/TEST: \1/p'
	exit 0
}
bar-features /livepatch.plan
JOB

my $dir = Lab::get('get-kernel', '6.1');
my $console = $t->boot($dir, $job, '--module', Lab::module($dir));

SKIP: {
	last SKIP unless defined $console;
	skip("the kernel says \"$1\"", 1) if $console =~ /^TEST: (.*?)\r?$/m;
	$t->report;
}
done_testing;
