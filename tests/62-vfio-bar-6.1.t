#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# vfio-bar status, check and bench on kernel 6.1, with the livepatch loaded and not. The
# output of check is compared with QEMU's trace of the device.
use strict;
use warnings;
use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP;
use Test::More;
use Lab;
use Said;
use Trace;

my $dir = Lab::get('get-kernel', '6.1');
my $out = tempdir(CLEANUP => !$ENV{VPW_KEEP});

Lab::write_file("$out/job", $Said::JOB . <<'JOB');
width=/modules/vfio-pci-width.ko
mount -t tracefs tracefs /sys/kernel/tracing
say nothing vfio-bar status --json
lab_load_vfio && lab_bind || exit 1
say stock vfio-bar status --json
say check-stock vfio-bar check $LAB_EDU 0 0x80
mark begin 1; vfio-bar read $LAB_EDU 0 0x80 8 >/dev/null; mark end 1
say bench-off vfio-bar bench $LAB_EDU 0 0x80 --samples 10 --quiet --csv /off

# A long request on the stock path holds up the transition. On a busy host it may end before
# status has seen it twice; then try again.
for try in 1 2 3 4 5 6; do
	vfio-bar read $LAB_EDU 0 4k 1020k --quiet &
	usleep 200000
	insmod $width bar_max_width=8,1106:3483:4 || exit 1
	say held$try vfio-bar status --json
	say held-text$try vfio-bar status
	wait
	lab_settle
	! grep -q 'held up by vfio-bar' /said || break
	echo 0 >$LAB_PATCH/enabled
	while [ -e $LAB_PATCH ]; do usleep 10000; done
	rmmod vfio_pci_width || exit 1
done
say try echo $try

say livepatch vfio-bar status --json
say livepatch-text vfio-bar status
say check-livepatch vfio-bar check $LAB_EDU 0 0x80
say write-livepatch vfio-bar check $LAB_EDU 0 0x80 --write
say value vfio-bar read $LAB_EDU 0 0x80 8
mark begin 2; vfio-bar read $LAB_EDU 0 0x80 8 >/dev/null; mark end 2
say doorbells vfio-bar check $LAB_NVME 0 0x1000
say bench vfio-bar bench $LAB_EDU 0 0x80 --samples 50 --module $width --csv /csv
say csv cat /csv
say after vfio-bar status --json

vfio-bar bench $LAB_EDU 0 0x80 --samples 1000000 --module $width >/said 2>&1 &
# The first round runs with the livepatch off.
i=0
while [ -e $LAB_PATCH ] && [ $i -lt 500 ]; do usleep 10000; i=$((i + 1)); done
[ -e $LAB_PATCH ] && echo "CODE never-off: 1"
# A shell starts background commands with SIGINT ignored.
kill -TERM $!
say interrupted wait $!
cat /said
say restored vfio-bar status --json

echo 0 >$LAB_PATCH/enabled
while [ -e $LAB_PATCH ]; do usleep 10000; done
say off vfio-bar status --json
say off-text vfio-bar status
say write-stock vfio-bar check $LAB_EDU 0 0x80 --write

# bench must not switch off what it cannot switch on again.
rmmod vfio_pci_width
insmod $width || exit 1
lab_settle
say misbuilt vfio-bar bench $LAB_EDU 0 0x80 --samples 10 --quiet --module /modules/misbuilt.ko
say misbuilt-after vfio-bar status --json
say again vfio-bar bench $LAB_EDU 0 0x80 --samples 10 --quiet --module $width
say again-after vfio-bar status --json
echo 1 >/proc/sys/kernel/modules_disabled
say no-modules vfio-bar bench $LAB_EDU 0 0x80 --samples 10 --quiet --module $width
say no-modules-after vfio-bar status --json
JOB

# The same module, for a kernel that unloads no modules.
my $misbuilt = Lab::read_file(Lab::module($dir)) =~ s/(vermagic=[^\0]*) mod_unload/$1 mod_staying/r;
Lab::write_file("$out/misbuilt.ko", $misbuilt);

ok(Lab::boot($dir, $out, '--smp', 2, '--module', Lab::module($dir),
	'--module', "$out/misbuilt.ko",
	'--file', Lab::guest_program('vfio-bar'), '--file', Lab::guest_program('mark')),
	'the machine ran the whole job');
Said::take($out);

# Compares the exit code and some fields of a status.
sub status_is {
	my ($name, $code, $test, %fields) = @_;
	my $status = eval { decode_json(said($name)) } // {};
	my %got;

	for my $field (keys %fields) {
		my $value = $status;
		$value = ref $value eq 'HASH' ? $value->{$_} : undef for split /\./, $field;
		$got{$field} = ref $value ? $value + 0 : $value;
	}
	is_deeply([ code($name), \%got ], [ $code, \%fields ], $test) or diag(said($name));
	return $status;
}

sub widths {
	my ($id) = @_;
	my $events = Trace::events("$out/trace.log", sub { 1 });

	return join '+', map { $_->{width} }
		grep { $_->{kind} eq 'ops' && $_->{name} eq 'edu-mmio' } @{$events->{$id} // []};
}

sub read_of_8 {
	my ($name) = @_;

	return said($name) =~ /^read    8: (.*)$/m ? $1 : said($name);
}

my $release = Lab::read_file("$dir/release") =~ s/\n//r;

status_is('nothing', 1, 'status without vfio_pci_core', path => 'none', serves => 0, kernel => $release);
status_is('stock', 1, 'status: stock', path => 'stock', serves => 0, 'core.state' => 'loaded',
	'livepatch.loaded' => 0);
is(read_of_8('check-stock'), '4+4', 'check: the stock path splits 8 bytes into 4+4');
is(widths(1), '4+4', 'the trace agrees');

my $try = said('try');
my $held = status_is("held$try", 3, 'status: a transition is under way', path => 'livepatch', serves => 0,
	'livepatch.transition' => 1, 'livepatch.enabled' => 1);
my ($holder) = grep { $_->{name} eq 'vfio-bar' } @{$held->{livepatch}{held_up_by} // []};
ok($holder, 'status: the task that makes the request holds it up') or diag(said("held$try"));
like(said("held-text$try"), qr/^ +held up by vfio-bar \(pid \d+/m, 'status: that task, as text');

status_is('livepatch', 0, 'status: livepatch', path => 'livepatch', serves => 1, 'livepatch.object' => 'vfio_pci_core',
	'livepatch.patched' => 1, 'limits.bar_max_width' => '8,1106:3483:4', 'limits.all' => 8,
	'module.version' => Lab::read_file("$FindBin::Bin/../VERSION") =~ s/\n//r, problem => undef);
like(said('livepatch-text'), qr/^next +nothing to do$/m, 'status: livepatch, as text');
is(read_of_8('check-livepatch'), '8', 'check: with the livepatch, 8 bytes are one access');
is(widths(2), '8', 'the trace agrees');
unlike(said('check-livepatch'), qr/unknown/, 'check: no width is unknown');
like(said('write-livepatch'), qr/^write   8: 8$/m, 'check --write: a write of 8 bytes, too');
like(said('value'), qr/: 0x0{16}$/m, 'the old value is restored');
is(code('doorbells') . said('doorbells'), '1vfio-bar: 0x1000 in BAR 0 of 0000:00:07.0 is in the NVMe doorbells, '
	. 'where accesses have side effects: choose another offset, or use --force', 'check refuses doorbells');

my @sizes = (1, 2, 4, 8, 64, 128, 256, 512, 1024, 2048, 4096);
my @lines = map { [ split /,/ ] } split /\n/, said('csv');
is(code('bench'), 0, 'bench runs') or diag(said('bench'));
is_deeply([ map { "@{$_}[7 .. 10]" } @lines ], [ 'path direction bytes samples',
	map { my $path = $_; map { "$path read $_ 50" } @sizes } qw(stock livepatch) ],
	'the CSV has both paths and all sizes');
is(scalar(grep { @$_ != 17 || grep { !length } @$_ } @lines), 0, 'the CSV has all columns');
# Compare fast samples: a busy host stops the emulated machine during many others.
my %fast = map { ("$_->[7] $_->[9]" => $_->[12]) } @lines;
cmp_ok($fast{'livepatch 4096'} // 0, '<', $fast{'stock 4096'} // 0, '4 KiB take less time with the livepatch than without');
like(said('bench'), qr/^virtual machine \(.*\): these are not the times of real hardware$/m,
	'bench says that the machine is virtual');
like(said('bench'), qr/^stock and livepatch in turn, 5 rounds$/m, 'bench says that it switches');
like(said('bench-off'), qr/^only the stock path; the livepatch is not switched: it is not loaded/m, 'bench says why it does not switch');
status_is('after', 0, 'the livepatch and its limits are restored', path => 'livepatch', serves => 1,
	'limits.bar_max_width' => '8,1106:3483:4');
is(code('never-off'), 'none', 'bench switches the livepatch off before it gets SIGTERM');
is(code('interrupted'), 143, 'bench ends by SIGTERM');
status_is('restored', 0, 'the livepatch is restored', path => 'livepatch', serves => 1,
	'limits.bar_max_width' => '8,1106:3483:4');

status_is('off', 1, 'status: switched off', path => 'stock', serves => 0, 'module.state' => 'loaded');
like(said('off-text'), qr/^problem +the livepatch is disabled$/m, 'status: switched off, as text');
like(said('write-stock'), qr/^write   8: 4\+4$/m, 'check --write: the stock path splits a write of 8 bytes into 4+4');

like(said('misbuilt'), qr/^only the livepatch path; the livepatch is not switched: the kernel rejects .*misbuilt.ko: (?:Invalid|Exec) /m,
	'bench does not switch if the kernel rejects the file');
status_is('misbuilt-after', 0, 'the livepatch stays on', path => 'livepatch', serves => 1);
like(said('again'), qr/^stock and livepatch in turn/m, 'bench switches with the right file');
status_is('again-after', 0, 'the livepatch is on again', path => 'livepatch', serves => 1);
like(said('no-modules'), qr/^only the livepatch path; the livepatch is not switched: no module can be unloaded here/m,
	'bench does not switch if modules are disabled');
status_is('no-modules-after', 0, 'the livepatch stays on', path => 'livepatch', serves => 1);

done_testing;
