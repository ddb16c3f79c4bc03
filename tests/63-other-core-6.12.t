#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# The livepatch and a vfio_pci_core that does not match its headers, on the stock kernel 6.12:
# our replacement modules, and the kernel's own module with other CRCs; in both orders.
use strict;
use warnings;
use File::Basename qw(basename);
use File::Copy qw(copy);
use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP;
use Test::More;
use Lab;
use Said;

my $dir = Lab::get('get-kernel', '6.12');
my $out = tempdir(CLEANUP => !$ENV{VPW_KEEP});
my @modules = (Lab::module($dir));

# Copies with other names, next to the stock modules.
for my $file (grep { m{/vfio-pci(-core)?\.ko$} } Lab::replacement_modules($dir)) {
	my $copy = "$out/replacement-" . basename($file);

	copy($file, $copy) or die "$file: $!\n";
	push @modules, $copy;
}

# The kernel's own module with the CRC of one export changed.
sub other_crcs {
	my ($stock) = glob "$dir/lib/modules/*/kernel/drivers/vfio/pci/vfio-pci-core.ko";
	my $crcs = "$out/crcs";

	Lab::run('objcopy', '--dump-section', "__kcrctab_gpl=$crcs", $stock, '/dev/null') or return;
	Lab::write_file($crcs, ~substr(Lab::read_file($crcs), 0, 4) . substr Lab::read_file($crcs), 4);
	Lab::run('objcopy', '--update-section', "__kcrctab_gpl=$crcs", $stock, "$out/crcs-vfio-pci-core.ko")
		or return;
	push @modules, "$out/crcs-vfio-pci-core.ko";
}
other_crcs();

Lab::write_file("$out/job", $Said::JOB . <<'JOB');
mount -t tracefs tracefs /sys/kernel/tracing
# Prints the new lines of the kernel's log.
said_from=0
logged() {
	dmesg | sed "1,${said_from}d" | sed -n "s/^\[[^]]*\] /SAID $1-log: /p"
	said_from=$(dmesg | wc -l)
}
for module in irqbypass iommufd vfio vfio_iommu_type1; do
	[ ! -e /modules/$module.ko ] || insmod /modules/$module.ko || exit 1
done
width=/modules/vfio-pci-width.ko
said_from=$(dmesg | wc -l)

# Replacement modules first: the livepatch is refused, and the modules keep working.
insmod /modules/replacement-vfio-pci-core.ko && insmod /modules/replacement-vfio-pci.ko || exit 1
said_from=$(dmesg | wc -l)
say after-replacement insmod $width
logged after-replacement
ls /sys/kernel/livepatch >/said; [ ! -s /said ] || echo "CODE leftover: 1"
[ ! -e /sys/module/vfio_pci_width ] || echo "CODE leftover: 1"
lab_bind || exit 1
say replacement vfio-bar status --json
say traced vfio-bar check $LAB_EDU 0 0x80 --write
[ -z "$(ls /sys/kernel/tracing/instances)" ] || echo "CODE leftover: 1"
say bench vfio-bar bench $LAB_EDU 0 0x80 --samples 10 --quiet --csv /csv
say csv cat /csv
for bdf in $LAB_ALL; do echo $bdf >/sys/bus/pci/drivers/vfio-pci/unbind; done
rmmod vfio_pci && rmmod vfio_pci_core || exit 1

# The livepatch first: the replacement modules are refused, the kernel's own module is not.
insmod $width || exit 1
said_from=$(dmesg | wc -l)
say before-replacement insmod /modules/replacement-vfio-pci-core.ko
logged before-replacement
[ ! -e /sys/module/vfio_pci_core ] || echo "CODE leftover: 1"
say waits vfio-bar status --json
say before-crcs insmod /modules/crcs-vfio-pci-core.ko
logged before-crcs
insmod /modules/vfio-pci-core.ko && insmod /modules/vfio-pci.ko && lab_settle || exit 1
say stock vfio-bar status --json
lab_bind || exit 1
say read vfio-bar read $LAB_EDU 0 0x80 8
for bdf in $LAB_ALL; do echo $bdf >/sys/bus/pci/drivers/vfio-pci/unbind; done
rmmod vfio_pci && rmmod vfio_pci_core || exit 1
echo 0 >$LAB_PATCH/enabled
while [ -e $LAB_PATCH ]; do usleep 10000; done
rmmod vfio_pci_width || exit 1

# The module with other CRCs first.
insmod /modules/crcs-vfio-pci-core.ko || exit 1
said_from=$(dmesg | wc -l)
say after-crcs insmod $width
logged after-crcs
say crcs vfio-bar status
JOB

ok(Lab::boot($dir, $out, '--file', Lab::guest_program('vfio-bar'), map { ('--module', $_) } @modules),
	'all commands run in the machine');
Said::take($out);

# insmod fails, with one line from us and one from the kernel.
sub refused {
	my ($name, $what, $theirs, $test) = @_;
	my $release = Lab::read_file("$dir/release") =~ s/\n//r;
	my %seen;
	# busybox's insmod tries each module twice, by finit_module() and init_module().
	my @lines = grep { !$seen{$_}++ } split /\n/, said("$name-log");

	isnt(code($name), 0, "$test: insmod fails") or diag(said("$name-log"));
	like(said($name), qr/[Ii]nvalid module format|[Ee]xec format error/, "$test: insmod says why");
	is_deeply([ grep { /^vfio_pci_width: / && !/taint/ } @lines ], [ "vfio_pci_width: vfio_pci_core (srcversion none) $what "
		. "and does not match kernel $release, for which this livepatch was built: "
		. "load that kernel's own vfio_pci_core, or run without the livepatch" ],
		"$test: one line names both sides and what to do") or diag(said("$name-log"));
	is(scalar(grep { /^livepatch: \Q$theirs\E/ } @lines), 1, "$test: the kernel logs it too")
		or diag(said("$name-log"));
}

my $oot = 'was built out of tree';
my $crcs = 'has other versions of its exports';

refused('after-replacement', $oot, "failed to enable patch 'vfio_pci_width'", 'after replacement modules');
refused('before-replacement', $oot, "patch 'vfio_pci_width' failed for module 'vfio_pci_core', refusing to load",
	'before replacement modules');
refused('before-crcs', $crcs, "patch 'vfio_pci_width' failed for module 'vfio_pci_core', refusing to load",
	'before a module with other CRCs');
refused('after-crcs', $crcs, "failed to enable patch 'vfio_pci_width'", 'after a module with other CRCs');
is(code('leftover'), 'none', 'a refused module leaves nothing behind');

my $status = eval { decode_json(said('replacement')) } // {};
is(code('replacement') . " $status->{path} $status->{core}{taint}", '0 replacement OE', 'status: replacement modules are in use')
	or diag(said('replacement'));
is($status->{limits}{bar_max_width}, '0', 'status: replacement modules have limits');
$status = eval { decode_json(said('waits')) } // {};
is(code('waits') . " $status->{path}", '1 none', 'status: the livepatch waits for vfio_pci_core') or diag(said('waits'));
like($status->{problem} // '', qr/has refused vfio_pci_core; the kernel log says: vfio_pci_width: vfio_pci_core .* \Q$oot\E/,
	'status: the livepatch has refused vfio_pci_core, and why');
$status = eval { decode_json(said('stock')) } // {};
is(code('stock') . " $status->{path}", '0 livepatch', "the kernel's own module still loads") or diag(said('stock'));
is(code('read'), 0, "the kernel's own module carries requests") or diag(said('read'));
like(said('crcs'), qr/^problem .* log says: vfio_pci_width: vfio_pci_core .* \Q$crcs\E/m, 'status: names the other CRCs');

like(said('traced'), qr/at 0x80, by the kernel's tracepoint$/m, 'check uses the tracepoint');
like(said('traced'), qr/^read    8: 8\n.*^read   64: 8 x 8\n.*^write   4: 4\n.*^write  16: 8\+8$/ms, 'check prints the widths from the tracepoint');
my @rows = split /\n/, said('csv');
is(scalar(grep { /,replacement,read,\d+,10,/ } @rows), 11, 'bench measures replacement modules')
	or diag(said('bench') . said('csv'));

done_testing;
