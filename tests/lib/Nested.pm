# SPDX-License-Identifier: GPL-2.0-only
#
# A nested guest, all emulated: the outer QEMU, which models the functions (build-qemu-ism), runs
# a kernel with the rework (L1). In it, our or an unmodified QEMU (build-qemu-vfio --guest) runs
# a mainline kernel (L2) and passes the functions through by vfio-pci.
package Nested;

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Copy qw(copy);
use File::Temp qw(tempdir);
use Test::More;

use Ism;
use Lab;
use ZpciLog;

my $top = abs_path(dirname(__FILE__) . '/../..');

# The required parts. Lab::get skips the test if one is missing. A QEMU is "ours", VERSION or
# --stock.
sub parts {
	my (@qemus) = @_;
	my %parts = (kernel => Lab::get('build-kernel', 's390x-ism-7.3'), qemus => {});

	Lab::get('build-qemu-ism');
	$parts{qemus}{$_} = Lab::get('build-qemu-vfio', '--guest', $_ eq 'ours' ? () : $_) for @qemus;
	return \%parts;
}

# Options of L1's QEMU for a function. It has the same number in L1 and L2.
sub function {
	my ($number) = @_;
	my $id = hex $number;

	return "-device zpci,uid=$id,fid=$id,target=f$number " .
		sprintf '-device vfio-pci,id=f%s,host=%04x:00:00.0', $number, $id;
}

# Runs L2 for each of the guests { name, qemu, functions => [ numbers ], job, cpus => number or
# undef for 1 } in turn. Returns { booted, results => { NAME => lines }, console,
# events => { NAME => all instructions that the outer machine executed meanwhile },
# ism => log of the ISM functions }. Results are the lines that a job writes to /results; the
# last one is "done". Jobs find the modules ism-insn and dibs-move in /modules.
sub run {
	my ($parts, $guests, %options) = @_;
	my $out = tempdir(CLEANUP => !$ENV{VPW_KEEP});
	my $kernel = $parts->{kernel};
	my @modules = map { ('--module', $_) } Lab::test_module($kernel, 'tests/ism-lab/insn', 'ism-insn'),
		Lab::test_module($kernel, 'tests/qemu-vfio/dibs-move', 'dibs-move');
	my @files = map { ('--file', $_) } @{$options{files} // []};
	my $id = 0;
	my (@data, %seen, $job);

	diag("kept: $out") if $ENV{VPW_KEEP};
	my $ours = Ism::ours($kernel);
	$job = "LAB_ALL=\"\$LAB_NVME \$LAB_ISM_ALL\"; lab_load_vfio && lab_bind || exit 1\n";
	$job .= $options{before} // '';
	for my $guest (@$guests) {
		my $name = $guest->{name};
		my $functions = join ' ', map { function($_) } @{$guest->{functions}};

		Lab::write_file("$out/$name.job", $guest->{job});
		Lab::run("$top/scripts/lab-boot", '--kernel', $kernel, '--job', "$out/$name.job", '--initrd',
			"$out/$name.initrd", @modules, @files) or Lab::give_up('the initramfs cannot be made');
		push @data, '--data', "$out/$name.initrd";
		if (!$seen{$guest->{qemu}}++) {
			copy("$parts->{qemus}{$guest->{qemu}}/bin/qemu-system-s390x", "$out/qemu$guest->{qemu}") or
				die "$out: $!\n";
			push @data, '--data', "$out/qemu$guest->{qemu}";
		}
		$job .= <<"JOB";
echo "NESTED $name begins at \$(cut -d' ' -f1 /proc/uptime)"
chmod +x /qemu$guest->{qemu}; mark begin @{[++$id]}
timeout 2700 /qemu$guest->{qemu} -L / -M s390-ccw-virtio -accel tcg,tb-size=64 -cpu max -smp @{[$guest->{cpus} // 1]} -m 160 \\
	-icount shift=4,sleep=off -nodefaults -nographic -serial stdio -no-reboot \\
	-kernel /vmlinuz -initrd /$name.initrd -append 'console=ttyS1 quiet panic=-1' \\
	$functions </dev/null >/$name.log 2>&1 || echo "NESTED $name ended with \$?"
mark end $id; echo "NESTED $name ends at \$(cut -d' ' -f1 /proc/uptime)"
tr -d '\\r' </$name.log | sed -n 's/^RESULT: /$name: /p' >>/results
tr -d '\\r' </$name.log | grep -v '^RESULT: ' | tail -n 60 | sed 's/^/$name| /'
grep -q '^LAB: done' /$name.log && ! grep -q '^LAB: splat' /$name.log && echo "$name: done" >>/results
JOB
	}
	Lab::write_file("$out/job", $job);
	my $booted = Lab::boot($kernel, $out, '--ism', 2, '--memory', 1280, '--timeout', 900 + 2700 * @$guests,
		(map { ('--module', $_) } @{$ours->{modules}}), '--file', Lab::guest_program('mark', 's390x'), @data, '--data', "$kernel/vmlinuz",
		'--data', "$parts->{qemus}{$guests->[0]{qemu}}/bin/s390-ccw.img");
	my (%results, %events);
	for (-e "$out/results" ? split /\n/, Lab::read_file("$out/results") : ()) {
		push @{$results{$1}}, $2 if /^(\w+): (.*)$/;
	}
	my $trace = ZpciLog::read_log("$out/trace.log");
	$events{$guests->[$_]{name}} = $trace->{events}{$_ + 1} // [] for 0 .. $#$guests;
	return {
		booted => $booted,
		results => \%results,
		console => Lab::read_file("$out/console.log"),
		events => \%events,
		count => $trace->{count},
		ism => -e "$out/ism.log" ? ZpciLog::read_function_log("$out/ism.log") : undef,
	};
}

1;
