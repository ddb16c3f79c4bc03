# SPDX-License-Identifier: GPL-2.0-only
#
# Shared by the tests of qemu/steps: a machine with one function behind a fake VFIO
# (tests/qemu-vfio/fake-vfio.c), in which the kernel executes single instructions
# (tests/ism-lab/insn).
package QemuVfio;

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use Test::More;

use Lab;

use constant { OK => 0, EIO => -5, ENXIO => -6 };

# The functions of the machine: an emulated NVMe with memory in BAR 2, and the one behind VFIO.
use constant { EMULATED => 1, FUNCTION => 4 };

my $top = abs_path(dirname(__FILE__) . '/../..');

# Makes a directory with a QEMU that has the function; its log will be DIR/requests. With
# $hotplug, the function is not plugged, but DIR/function is its sysfsdev.
sub machine {
	my ($qemu, $settings, $hotplug) = @_;
	my $dir = tempdir(CLEANUP => !$ENV{VPW_KEEP});
	my $device = $hotplug ? '' : "-device vfio-pci,id=function,sysfsdev='$dir/function'";

	Lab::run('make', '-s', '-C', "$top/tests/qemu-vfio", "OUT=$dir") or Lab::give_up('fake-vfio cannot be built');
	# The parts of a device in sysfs that QEMU reads.
	mkdir "$dir/$_" or die "$dir/$_: $!\n" for qw(function 7);
	symlink "$dir/7", "$dir/function/iommu_group" or die "$dir: $!\n";
	Lab::write_file("$dir/qemu-system-s390x", <<"QEMU");
#!/bin/sh
export LD_PRELOAD='$dir/fake-vfio.so' FAKE_VFIO='$settings' FAKE_VFIO_LOG='$dir/requests'
exec '$qemu/bin/qemu-system-s390x' -L '$qemu/bin' "\$@" \\
	-device zpci,id=zpci,uid=4,fid=4,target=function $device
QEMU
	chmod 0755, "$dir/qemu-system-s390x";
	return $dir;
}

# Runs the instructions ("KIND FID SPACE OFFSET LENGTH [SOURCE [HEX]]", as for ism-insn.c, where
# DMA as HEX is the little-endian address that the last "dma" returned; "reset FID" resets a
# function, "wait" waits for DMA). Returns { booted, results => [ [ return value,
# bytes ] ], clp, requests => [ lines ], console }.
sub run {
	my ($kernel, $qemu, $settings, @insns) = @_;
	my $dir = machine($qemu, $settings);

	diag("kept: $dir") if $ENV{VPW_KEEP};
	Lab::write_file("$dir/insns", join '', map { "$_\n" } @insns);
	Lab::write_file("$dir/job", <<'JOB');
insmod /modules/ism-insn.ko || exit 1
cd /sys/module/ism_insn/parameters
ism-clp 0001:00:00.0 && ism-clp 0004:00:00.0 || exit 1
little_endian() {
	rest=$1 dma=
	while [ -n "$rest" ]; do
		dma=${rest%"${rest#??}"}$dma
		rest=${rest#??}
	done
}
while read -r insn; do
	case $insn in
	reset*)
		status=0
		# Disables the function and enables it again. The usual method for NVMe is FLR.
		echo bus >/sys/bus/pci/devices/000${insn#reset }:00:00.0/reset_method &&
			echo 1 >/sys/bus/pci/devices/000${insn#reset }:00:00.0/reset || status=1
		echo "insn $status 0000000000000000"
		continue
		;;
	wait)
		sleep 1
		echo "insn 0 0000000000000000"
		continue
		;;
	*DMA) insn=${insn%DMA}$dma ;;
	esac
	echo "$insn" >run && read -r result <result && echo "insn $result" || exit 1
	case $insn in
	dma*) little_endian "${result#* }" ;;
	esac
done </insns >>/results
JOB
	my $booted = Lab::boot($kernel, $dir, '--qemu-dir', $dir, '--data', "$dir/insns",
		'--module', Lab::test_module($kernel, 'tests/ism-lab/insn', 'ism-insn'),
		'--file', Lab::guest_program('ism-clp', 's390x'));
	my $results = -e "$dir/results" ? Lab::read_file("$dir/results") : '';

	return {
		booted => $booted,
		results => [ map { /^insn (\S+) ([0-9a-f]{16})$/ ? [ $1, $2 ] : () } split /\n/, $results ],
		clp => { map { /^clp 000(\d)\S+ group \S+ flags 0x(\S+) maxstbl (\d+)$/ ? ($1 => [ hex $2, $3 ]) : () }
			split /\n/, $results },
		requests => [ -e "$dir/requests" ? split /\n/, Lab::read_file("$dir/requests") : () ],
		console => -e "$dir/console.log" ? Lab::read_file("$dir/console.log") : '',
	};
}

1;
