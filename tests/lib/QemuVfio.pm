# SPDX-License-Identifier: GPL-2.0-only
#
# Shared by the tests of QEMU's half: a machine with one function behind a fake VFIO
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

# Makes a directory with a QEMU that has the function; its log will be DIR/requests.
sub machine {
	my ($qemu, $settings) = @_;
	my $dir = tempdir(CLEANUP => !$ENV{VPW_KEEP});

	Lab::run('make', '-s', '-C', "$top/tests/qemu-vfio", "OUT=$dir") or Lab::give_up('fake-vfio cannot be built');
	# The parts of a device in sysfs that QEMU reads.
	mkdir "$dir/$_" or die "$dir/$_: $!\n" for qw(function 7);
	symlink "$dir/7", "$dir/function/iommu_group" or die "$dir: $!\n";
	Lab::write_file("$dir/qemu-system-s390x", <<"QEMU");
#!/bin/sh
export LD_PRELOAD='$dir/fake-vfio.so' FAKE_VFIO='$settings' FAKE_VFIO_LOG='$dir/requests'
exec '$qemu/bin/qemu-system-s390x' -L '$qemu/bin' "\$@" \\
	-device zpci,uid=4,fid=4,target=function -device vfio-pci,id=function,sysfsdev='$dir/function'
QEMU
	chmod 0755, "$dir/qemu-system-s390x";
	return $dir;
}

# Runs the instructions ("KIND FID SPACE OFFSET LENGTH [SOURCE [HEX]]", as for ism-insn.c, or
# "reset" to reset the function behind VFIO). Returns { booted, results => [ [ return value,
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
while read -r insn; do
	if [ "$insn" = reset ]; then
		echo 1 >/sys/bus/pci/devices/0004:00:00.0/reset && echo "insn 0 0000000000000000" || exit 1
		continue
	fi
	echo "$insn" >run && read -r result <result && echo "insn $result" || exit 1
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
