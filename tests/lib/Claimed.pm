# SPDX-License-Identifier: GPL-2.0-only
#
# BARs that another driver has claimed: requests fail with -EBUSY at once and do not reach the
# device. On a kernel where each request tries to claim the BAR, they work once it is released.
package Claimed;

use strict;
use warnings;
no warnings 'portable';

use File::Temp qw(tempdir);
use Test::More;

use Lab;
use Trace;
use ZpciLog;

use constant CLAIM => '/sys/module/bar_claim/parameters/claim';

# The kernel's ERST driver claims the BARs of this function without binding to it.
use constant ERST => '0000:00:0c.0';

# The function and BAR that the test's module claims on each machine, and how to count the
# accesses that reach it.
my %MACHINES = (
	x86_64 => { bdf => '$LAB_EDU', bar => 0, seen => \&seen_in_trace },
	s390x => { bdf => '$LAB_NVME', bar => 2, seen => \&seen_in_log },
);

# The number of accesses between the markers with this number.
sub seen_in_trace {
	my ($trace, $results, $id) = @_;
	my ($base, $size) = map { hex } $results =~ /^bar freed \d+ 0x([0-9a-f]+) 0x([0-9a-f]+)/m;
	my $events = Trace::events($trace, sub { $_[0] >= $base && $_[0] < $base + $size });

	return scalar @{Trace::accesses($events->{$id} // [], { mode => 'ops', base => $base, size => $size })};
}

sub seen_in_log {
	my ($trace, undef, $id) = @_;

	return scalar @{ZpciLog::read_log($trace)->{events}{$id} // []};
}

sub boot {
	my ($dir, $job, @options) = @_;
	my $out = tempdir(CLEANUP => !$ENV{VPW_KEEP});

	diag("kept: $out") if $ENV{VPW_KEEP};
	Lab::write_file("$out/job", $job);
	return Lab::boot($dir, $out, '--module', Lab::test_module($dir, 'tests/bar-claim', 'bar-claim'),
		'--file', Lab::guest_program('bar-claimed', Lab::arch($dir)), @options) ? $out : undef;
}

# The job's command that loads the rework, and the lab-boot options that it needs.
sub way {
	my ($dir, $way) = @_;

	return ('lab_load_width', '--module', Lab::module($dir)) if $way eq 'livepatch';
	return ('rmmod vfio_pci && rmmod vfio_pci_core && insmod /vfio-pci-core.ko && insmod /vfio-pci.ko && lab_bind',
		map { ('--data', $_) } Lab::replacement_modules($dir));
}

# Releases a claim. $latched: the kernel claims BARs when it opens the device.
sub test_freed {
	my ($dir, $way, $latched) = @_;
	my $machine = $MACHINES{Lab::arch($dir)};
	my ($load, @options) = way($dir, $way);
	my $when = $latched ? 'reopened' : 'at-once';
	my $out = boot($dir, <<"JOB", @options);
lab_load_vfio && lab_bind && $load && insmod /modules/bar-claim.ko &&
	echo "$machine->{bdf} $machine->{bar}" >@{[CLAIM]} &&
	bar-claimed freed $machine->{bdf} $machine->{bar} @{[CLAIM]} $when
JOB
	my $then = $latched ? 'when it is opened again' : 'at once';

	ok($out, "$way: requests on a claimed BAR are -EBUSY, and work $then after the claim is released") or return;
	my @log = ("$out/trace.log", Lab::read_file("$out/results"));
	is($machine->{seen}(@log, 1), 0, "$way: requests with -EBUSY do not reach the device");
	cmp_ok($machine->{seen}(@log, 2), '>', 0, "$way: requests that work reach the device");
}

# Compares stock and the rework in one boot.
sub test_cost {
	my ($dir, $way) = @_;
	my ($load, @options) = way($dir, $way);
	my $store = tempdir(CLEANUP => 1);
	my $out = boot($dir, <<"JOB", @options, '--no-trace', '--qemu',
LAB_ALL="\$LAB_ALL @{[ERST]}"
lab_load_vfio && lab_bind && bar-claimed busy stock @{[ERST]} 1 && $load &&
	bar-claimed busy ours @{[ERST]} 1
JOB
		"-object memory-backend-file,id=er,size=64K,mem-path=$store/erst,share=on " .
		'-device acpi-erst,memdev=er,addr=0xc');

	ok($out, "$way: requests on a BAR of a kernel driver are -EBUSY, as on stock") or return;
	my %ns = Lab::read_file("$out/results") =~ /^busy (\S+) (\d+)$/mg;
	diag("$way: $ns{ours} ns, stock $ns{stock} ns") if $ENV{VPW_KEEP};
	cmp_ok($ns{ours}, '<', 3 * $ns{stock}, "$way: -EBUSY takes at most 3 times as long as on stock");
	cmp_ok($ns{ours}, '<', 500_000, "$way: -EBUSY takes less than 500 us");
}

# With full preemption, requests hit every point of an mmap().
sub test_meet {
	my ($dir, $way, $times) = @_;
	my ($load, @options) = way($dir, $way);

	ok(boot($dir, <<"JOB", @options, '--no-trace', '--append', 'preempt=full'),
lab_load_vfio && lab_bind && $load && bar-claimed meet \$LAB_MEMORY 2 $times
JOB
		"$way: all first preads during the first mmap() of their process succeed");
}

1;
