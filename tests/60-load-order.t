#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# The livepatch loads before vfio_pci_core, with good and bad values of bar_max_width.
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

# The largest number of IDs.
my $most = join ',', ('1234:11e8:4') x 16;
my @bad = ('3', '16384', '-1', 'wide', '', ',', ',4', '4,', '4,,8', '4 8', "4\n8", '4;8', '4x', '0x4', '8086', '8086:1572',
	'4,8086:1572', '4,8086:1572:', '8086:1572:3', '8086:1572:4x', '8086:1572:4:4', '4,8086:1572:4,x', '18086:1572:4',
	'8086:11572:4', '100001234:11e8:4', '1234:11e8:4294967300', '8086:157g:4', "$most,1234:11e8:4");

my $refused = join '', map { "refuse '$_'\n" } @bad;
my @good = ('8,1234:11e8:4', '1234:11e8:8,8086:1572:4,1234:11e8:4', $most, '4,1234:11E8:0', '8,2', '0');
my $taken = join '', map { "take '$_'\n" } @good;

Lab::write_file("$out/job", <<"JOB");
limit=/sys/module/vfio_pci_width/parameters/bar_max_width
said() { dmesg | grep -c 'vfio_pci_width: '; }
# Writing it must fail with one line in the log and change nothing.
refuse() {
	before=\$(cat \$limit) lines=\$(said)
	printf '%s\\n' "\$1" 2>/dev/null >\$limit && echo "TEST: took '\$1'"
	[ "\$(cat \$limit)" = "\$before" ] || echo "TEST: '\$1' changed it"
	lines=\$((\$(said) - lines))
	[ \$lines = 1 ] && dmesg | grep 'vfio_pci_width: ' | tail -n 1 | grep -q 'bar_max_width: .*(8086:1572:4)\$' ||
		echo "TEST: '\$1' is refused with \$lines lines"
}
take() {
	lines=\$(said)
	echo "\$1" >\$limit && echo "TEST: now '\$1' is '\$(cat \$limit)'"
	[ "\$(said)" = "\$lines" ] || echo "TEST: '\$1' is taken with a line"
}
load_and_go() {
	insmod /modules/vfio-pci-width.ko "\$1" 2>/dev/null || return 1
	echo 0 >\$LAB_PATCH/enabled
	while [ -e \$LAB_PATCH ]; do usleep 10000; done
	rmmod vfio_pci_width
}
refuse_module() {
	load_and_go "bar_max_width=\$1" && echo "TEST: the module took '\$1'"
}
@{[ join "\n", map { "refuse_module '$_'" } grep { !/\s/ } @bad ]}
load_and_go bar_max_width_ids=1234:11e8:4
dmesg | grep -q "unknown parameter 'bar_max_width_ids'" || echo "TEST: bar_max_width_ids= is there"
[ -e \$limit ] && exit 1

lab_load_width bar_max_width=8086:1572:4,8,1234:11e8:8,1234:11e8:4 || exit 1
echo "TEST: loaded with \$(cat \$limit)"
lab_load_vfio && lab_bind || exit 1
lab_settle
JOB
Lab::write_file("$out/job", Lab::read_file("$out/job") . $refused . <<'JOB' . $taken);
mark begin 1; vfio-bar read $LAB_EDU 0 0x1000 8 >/dev/null; mark end 1
mark begin 2; vfio-bar read $LAB_NVME 0 0 8 >/dev/null; mark end 2
echo 2 >$limit
mark begin 3; vfio-bar read $LAB_NVME 0 0 8 >/dev/null; mark end 3
JOB
ok(Lab::boot($dir, $out, '--module', Lab::module($dir), '--file', Lab::guest_program('vfio-bar'),
	'--file', Lab::guest_program('mark')), 'the livepatch loads before vfio_pci_core');

my $console = Lab::read_file("$out/console.log");
my $events = Trace::events("$out/trace.log", sub { 1 });

sub widths {
	my ($id, $name) = @_;

	return join ' ', map { $_->{width} }
		grep { $_->{kind} eq 'ops' && $_->{name} eq $name } @{$events->{$id} // []};
}

my @said = $console =~ /^TEST: (.*?)\r?$/mg;

is(join("\n", grep { !/^loaded|^now/ } @said), '', 'bad values are refused with one line and change nothing');
is_deeply([ grep { /^loaded/ } @said ], [ 'loaded with 8,8086:1572:4,1234:11e8:8,1234:11e8:4' ],
	'bar_max_width can be read back');
is_deeply([ grep { /^now/ } @said ], [
	"now '8,1234:11e8:4' is '8,1234:11e8:4'",
	"now '1234:11e8:8,8086:1572:4,1234:11e8:4' is '0,1234:11e8:8,8086:1572:4,1234:11e8:4'",
	"now '$most' is '0,$most'",
	"now '4,1234:11E8:0' is '4,1234:11e8:0'",
	"now '8,2' is '2'",
	"now '0' is '0'",
], 'good values take effect at run time');
is(widths(1, 'edu-mmio'), '4 4', 'edu is limited to 4 by its ID');
is(widths(2, 'nvme'), '8', 'nvme is not limited');
is(widths(3, 'nvme'), '2 2 2 2', 'bar_max_width=2 limits all devices');

done_testing;
