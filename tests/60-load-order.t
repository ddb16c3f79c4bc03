#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# The livepatch before vfio_pci_core, with parameters good and bad.
use strict;
use warnings;
use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Lab;
use Trace;

my $dir = Lab::get('get-kernel', '6.1');
my $out = tempdir(CLEANUP => !$ENV{VPW_KEEP});

Lab::write_file("$out/job", <<'JOB');
params=/sys/module/vfio_pci_width/parameters
bad() { "$@" 2>/dev/null && echo "TEST: took $*"; }

bad insmod /modules/vfio-pci-width.ko bar_max_width=3
bad insmod /modules/vfio-pci-width.ko bar_max_width_ids=1234
bad insmod /modules/vfio-pci-width.ko bar_max_width_ids=1234:11e8:5
bad insmod /modules/vfio-pci-width.ko bar_max_width_ids=100001234:11e8:4
bad insmod /modules/vfio-pci-width.ko bar_max_width_ids=1234:11e8:4294967300
bad insmod /modules/vfio-pci-width.ko bar_max_width_ids=1234:11e8:4x

lab_load_width bar_max_width_ids=8086:1572:4,1234:11e8:8,1234:11e8:4 || exit 1
echo "TEST: ids $(cat $params/bar_max_width_ids)"
lab_load_vfio && lab_bind || exit 1
lab_settle

for value in 3 16384 -1 wide; do
	echo $value 2>/dev/null >$params/bar_max_width && echo "TEST: took $value"
done
echo "TEST: width $(cat $params/bar_max_width)"

mark begin 1; vfio-bar read $LAB_EDU 0 0x1000 8 >/dev/null; mark end 1
mark begin 2; vfio-bar read $LAB_NVME 0 0 8 >/dev/null; mark end 2
echo 2 >$params/bar_max_width
mark begin 3; vfio-bar read $LAB_NVME 0 0 8 >/dev/null; mark end 3
JOB
ok(Lab::boot($dir, $out, '--module', Lab::module($dir), '--file', Lab::guest_program('vfio-bar'),
	'--file', Lab::guest_program('mark')), 'loaded before vfio_pci_core');

my $console = Lab::read_file("$out/console.log");
my $events = Trace::events("$out/trace.log", sub { 1 });

sub widths {
	my ($id, $name) = @_;

	return join ' ', map { $_->{width} }
		grep { $_->{kind} eq 'ops' && $_->{name} eq $name } @{$events->{$id} // []};
}

unlike($console, qr/TEST: took/, 'bad parameters are refused') or diag($console);
like($console, qr/TEST: ids 8086:1572:4,1234:11e8:8,1234:11e8:4/, 'bar_max_width_ids= can be read back');
like($console, qr/TEST: width 0/, 'a refused bar_max_width changes nothing');
is(widths(1, 'edu-mmio'), '4 4', 'edu is limited to 4 by its ID');
is(widths(2, 'nvme'), '8', 'nvme is not');
is(widths(3, 'nvme'), '2 2 2 2', 'bar_max_width=2 holds for all');

done_testing;
