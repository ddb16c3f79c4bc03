#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# A 6.12 kernel with all of VFIO built in, as in Ubuntu: the livepatch patches vmlinux. Tests
# that, disabling through sysfs, loading again with another bar_max_width, switching under
# load, and the test matrix.
use strict;
use warnings;
use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Lab;
use Load;
use Matrix;
use Trace;

my $dir = Lab::get('build-kernel', 'builtin-x86_64-6.12');
my $out = tempdir(CLEANUP => !$ENV{VPW_KEEP});

my $config = Lab::read_file("$dir/config");
like($config, qr/^CONFIG_$_=y$/m, "$_ is built in") for qw(VFIO VFIO_PCI_CORE VFIO_PCI);

Lab::write_file("$out/job", <<'JOB');
read_edu() { mark begin $1; vfio-bar read $LAB_EDU 0 0x1000 8 >/dev/null || exit 1; mark end $1; }
[ ! -e /modules/vfio-pci-core.ko ] && [ ! -e /modules/vfio-pci.ko ] || exit 1
lab_bind || exit 1
read_edu 1
lab_load_width bar_max_width=4 || exit 1
echo "TEST: patched $(cd $LAB_PATCH && echo */*,*)"
read_edu 2
echo 0 >/sys/module/vfio_pci_width/parameters/bar_max_width
read_edu 3
echo 8,1234:11e8:4 >/sys/module/vfio_pci_width/parameters/bar_max_width
read_edu 4
echo 0 >$LAB_PATCH/enabled
while [ -e $LAB_PATCH ]; do usleep 10000; done
read_edu 5
rmmod vfio_pci_width || exit 1
lab_load_width bar_max_width=1234:11e8:4 || exit 1
read_edu 6
JOB
ok(Lab::boot($dir, $out, '--module', Lab::module($dir), '--file', Lab::guest_program('vfio-bar'),
	'--file', Lab::guest_program('mark')), 'the livepatch is enabled, disabled and enabled again');

my ($patched) = Lab::read_file("$out/console.log") =~ /^TEST: patched (.*?)\r?$/m;
my $events = Trace::events("$out/trace.log", sub { 1 });

sub widths {
	my ($id) = @_;

	return join ' ', map { $_->{width} }
		grep { $_->{kind} eq 'ops' && $_->{name} eq 'edu-mmio' } @{$events->{$id} // []};
}

is($patched, 'vmlinux/vfio_pci_bar_rw,1', 'the livepatch replaces a function of vmlinux');
is(widths(1), '8', 'stock reads 8 bytes by one access');
is(widths(2), '4 4', 'bar_max_width=4 at load time limits reads');
is(widths(3), '8', 'bar_max_width=0 at run time lifts the limit');
is(widths(4), '4 4', 'bar_max_width for the ID of the device at run time limits reads');
is(widths(5), '8', 'disabled: the stock path is back');
is(widths(6), '4 4', 'loaded again: another bar_max_width limits reads');

Load::test_switch($dir, times => 20, stock => '8');
Matrix::test_kernel($dir);
done_testing;
