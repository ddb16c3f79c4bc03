# SPDX-License-Identifier: GPL-2.0-only
#
# Runs the kernel's own VFIO selftests, and ours, in the emulated machine and reads their results.
package Selftests;

use strict;
use warnings;

use File::Temp qw(tempdir);
use Test::More;

use Lab;

use constant KSFT_SKIP => 4;

my %DEVICES = (
	edu => '0000:00:04.0',
	rtl8139 => '0000:00:05.0',
	e1000e => '0000:00:06.0',
	nvme => '0000:00:07.0',
	ivshmem => '0000:00:08.0',
	# The only device with virtual functions in QEMU 7.2.
	'nvme with SR-IOV' => '0000:00:0c.0',
);
# Devices whose BARs the selftests can all map: their mmap_reserve() fails on a BAR smaller than
# a page, which rtl8139 and ivshmem have.
my @MAPPABLE = ('edu', 'e1000e', 'nvme', 'nvme with SR-IOV');

# Each program and the functions that it runs on. What the first three test depends on a device's
# BARs, interrupts and resets. vfio_dma_mapping_test depends on the IOMMU only, and is slow.
my @RUNS = (
	(map { [ 'vfio_iommufd_setup_test', $_ ] } sort keys %DEVICES),
	(map { [ 'vfio_pci_device_test', $_ ] } @MAPPABLE),
	(map { [ 'vfio_dma_mapping_mmio_test', $_ ] } @MAPPABLE),
	[ 'vfio_pci_device_init_perf_test', @MAPPABLE ],
	[ 'vfio_dma_mapping_test', 'edu' ],
	[ 'vfio_pci_driver_test', 'e1000e' ],
	[ 'vfio_pci_sriov_uapi_test', 'nvme with SR-IOV' ],
);

# Our selftest for the kernel, selftests/vfio_pci_bar_test.c.
use constant BARS => 'vfio_pci_bar_test';

# The functions that it runs on. ivshmem's BAR 2 is memory and may be written.
our @BAR_RUNS = (
	[ 'env VFIO_SELFTESTS_MEMORY_BAR=2 ' . BARS, 'ivshmem' ],
	map { [ BARS, $_ ] } 'e1000e', 'edu', 'nvme', 'rtl8139',
);

# The kernel needs a contiguous page of 1 GiB.
my @BOOT = (
	'--no-trace', '--smp', 2, '--memory', 4096, '--timeout', 3600,
	'--append', 'hugepagesz=1G hugepages=1',
	'--qemu', '-device nvme-subsys,id=subsys -device nvme,serial=2,subsys=subsys,addr=0xc,'
		. 'sriov_max_vfs=1,sriov_vq_flexible=2,sriov_vi_flexible=1',
);

# Runs before the devices are bound, for example to set a parameter.
our $PREPARE = 'true';

# Each program's output goes to the console in one piece, without kernel messages in between;
# lab-boot reads the kernel's log elsewhere.
sub job {
	my (@runs) = @_;
	my $job = <<'JOB';
selftest() {
	from=$(cut -d ' ' -f 1 /proc/uptime)
	code=0
	timeout 600 "$@" >/tmp/out 2>&1 </dev/null || code=$?
	echo "SELFTEST: begin"
	cat /tmp/out
	echo
	echo "SELFTEST: end $code $from $(cut -d ' ' -f 1 /proc/uptime)"
}

dmesg -n 1
mount -t debugfs debugfs /sys/kernel/debug || exit 1
echo 4 >/proc/sys/vm/nr_hugepages
lab_load_vfio || exit 1
echo 1 >/sys/module/vfio_pci/parameters/enable_sriov || exit 1
JOB
	$job .= qq{LAB_ALL="\$LAB_ALL $DEVICES{'nvme with SR-IOV'}"\n};
	$job .= "{ $PREPARE; } && lab_bind || exit 1\n";
	# The build IDs identify the modules.
	$job .= 'echo "SELFTEST: modules $(cat /sys/module/vfio_pci*/notes/.note.gnu.build-id | sha256sum)"' . "\n";
	for my $run (@runs) {
		my ($program, @devices) = @$run;
		$job .= join(' ', 'selftest', $program, @DEVICES{@devices}) . "\n";
	}
	return $job;
}

# [ name, verdict, reason ] for each result in a program's KTAP; the verdict is pass, skip or
# fail. A program that ends early fails.
sub results {
	my ($output, $code) = @_;
	my ($planned) = $output =~ /^1\.\.(\d+)/m;
	my @results;

	while ($output =~ /^(not )?ok \d+ ?(.*?)(?: ?# (\w+) ?(.*))?$/mg) {
		my ($not, $name, $directive, $reason) = ($1, $2, $3 // '', $4 // '');
		my $verdict = $not ? 'fail' : $directive eq 'SKIP' ? 'skip' : 'pass';
		push @results, [ $name, $verdict, $reason ];
	}
	if (!@results && $code == KSFT_SKIP) {
		my ($reason) = grep { !/^TAP version/ && /\S/ } reverse split /\n/, $output;
		$reason =~ s/^1\.\.0 # SKIP //;
		return [ 'all tests', 'skip', $reason ];
	}
	push @results, [ "$planned results", 'fail', 'it printed ' . @results ]
		if defined $planned && $planned != @results;
	push @results, [ 'exit code 0', 'fail', "it was $code" ]
		if $code && !grep { $_->[1] eq 'fail' } @results;
	push @results, [ 'results', 'fail', 'it printed none' ] unless @results;

	return @results;
}

# Collects the results of all programs by name.
sub take_console {
	my ($console, @runs) = @_;
	my (%all, @order, @said);

	$console =~ s/\r//g;
	while ($console =~ /^SELFTEST: begin\n(.*?)^SELFTEST: end (\d+) (\S+) (\S+)$/msg) {
		my ($output, $code, $from, $to) = ($1, $2, $3, $4);
		my ($program, @devices) = @{shift @runs};
		$program =~ s/.* //;
		my $name = @devices > 1 ? $program : "$program on $devices[0]";
		my @results = results($output, $code);

		note(sprintf '%s: %.1f s', $name, $to - $from);
		if (grep { $_->[1] eq 'fail' } @results) {
			push @said, grep { /\S/ } split /\n/, $output;
		}
		for my $result (@results) {
			my ($test, $verdict, $reason) = @$result;
			push @order, "$name: $test";
			$all{"$name: $test"} = { verdict => $verdict, reason => $reason };
		}
	}
	my ($modules) = $console =~ /^SELFTEST: modules (\w+)/m;
	return {
		order => \@order, by_name => \%all, complete => !@runs, modules => $modules,
		# Output of the programs in which a test failed.
		said => \@said,
	};
}

# Runs the programs on the kernel in $dir. $modules is a directory with modules that replace the
# kernel's; undef for the kernel's own. @runs replaces the kernel's selftests.
sub run {
	my ($dir, $programs, $modules, @runs) = @_;
	my $out = tempdir(CLEANUP => !$ENV{VPW_KEEP});
	@runs = @RUNS unless @runs;
	my %programs = map { $_->[0] =~ s/.* //r => 1 } @runs;
	my @options = @BOOT;

	diag("kept: $out") if $ENV{VPW_KEEP};
	push @options, '--file', "$programs/$_" for sort keys %programs;
	push @options, '--module', $_ for defined $modules ? glob "$modules/*.ko" : ();
	Lab::write_file("$out/job", job(@runs));

	my $booted = Lab::boot($dir, $out, @options);
	my $run = take_console(Lab::read_file("$out/console.log"), @runs);
	$run->{booted} = $booted;
	return $run;
}

# The names of the tests with this verdict.
sub names {
	my ($run, $verdict) = @_;

	return grep { $run->{by_name}{$_}{verdict} eq $verdict } @{$run->{order}};
}

# A test line for each result.
sub report {
	my ($what, $run) = @_;

	diag("  $_") for @{$run->{said}};
	ok($run->{booted}, "$what: the machine finishes and the kernel reports no fault");
	ok($run->{complete}, "$what: all programs run");
	for my $name (@{$run->{order}}) {
		my $result = $run->{by_name}{$name};

		if ($result->{verdict} eq 'skip') {
			Test::More->builder->skip("$what: $name: $result->{reason}");
		} else {
			ok($result->{verdict} eq 'pass', "$what: $name") or diag($result->{reason});
		}
	}
}

1;
