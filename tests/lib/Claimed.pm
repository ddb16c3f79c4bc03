# SPDX-License-Identifier: GPL-2.0-only
#
# BARs that somebody else has claimed: requests on them are -EBUSY at once, and reach no
# device; where it is found out by each request, they work as soon as the claim is gone.
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

# The kernel's own driver of ERST claims the BARs of this function without binding to it.
use constant ERST => '0000:00:0c.0';

# What is tested on a machine: the function and BAR that the test's module claims, and how the
# log says what reached it.
my %MACHINES = (
	x86_64 => { bdf => '$LAB_EDU', bar => 0, seen => \&seen_in_trace },
	s390x => { bdf => '$LAB_NVME', bar => 2, seen => \&seen_in_log },
);

# The number of accesses between markers of this number.
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

# The job's part that puts the rework in, and what lab-boot is told of it.
sub way {
	my ($dir, $way) = @_;

	return ('lab_load_width', '--module', Lab::module($dir)) if $way eq 'livepatch';
	return ('rmmod vfio_pci && rmmod vfio_pci_core && insmod /vfio-pci-core.ko && insmod /vfio-pci.ko && lab_bind',
		map { ('--data', $_) } Lab::replacement_modules($dir));
}

# A claim that goes away. $latched: the kernel claims BARs when it opens the device.
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

	ok($out, "$way: requests on a claimed BAR are -EBUSY, and work $then when the claim has gone") or return;
	my @log = ("$out/trace.log", Lab::read_file("$out/results"));
	is($machine->{seen}(@log, 1), 0, "$way: those that are -EBUSY do not reach the device");
	cmp_ok($machine->{seen}(@log, 2), '>', 0, "$way: those that work do");
}

# Stock and the rework in one boot.
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

	ok($out, "$way: a BAR that a driver in the kernel holds is -EBUSY, as in stock") or return;
	my %ns = Lab::read_file("$out/results") =~ /^busy (\S+) (\d+)$/mg;
	diag("$way: $ns{ours} ns, stock $ns{stock} ns") if $ENV{VPW_KEEP};
	cmp_ok($ns{ours}, '<', 3 * $ns{stock}, "$way: that takes at most 3 times as long as in stock");
	cmp_ok($ns{ours}, '<', 500_000, "$way: and no time to speak of");
}

# The kernel is preempted wherever it is, so that requests come at every point of an mmap().
sub test_meet {
	my ($dir, $way, $times) = @_;
	my ($load, @options) = way($dir, $way);

	ok(boot($dir, <<"JOB", @options, '--no-trace', '--append', 'preempt=full'),
lab_load_vfio && lab_bind && $load && bar-claimed meet \$LAB_MEMORY 2 $times
JOB
		"$way: first preads that meet the first mmap() of their process all succeed");
}

1;
