# SPDX-License-Identifier: GPL-2.0-only
#
# Measures many and long requests: instructions for each size up to 64 MiB, threads on one device
# and on several, other tasks and signals during a long one. Stock and the rework, by bar-bench
# and bar-scale.
package Scale;

use strict;
use warnings;

use File::Temp qw(tempdir);

use Bench;
use Lab;

# In addition to the lab's devices: a BAR of 64 MiB, and four functions for four threads.
my $BIG = '0000:00:0c.0';
my @SEVERAL = map { sprintf '0000:00:%02x.0', 0x10 + $_ } 0 .. 3;
my @DEVICES = (
	'-object memory-backend-ram,id=big,size=64M,share=on -device ivshmem-plain,memdev=big,addr=0xc',
	map { "-object memory-backend-ram,id=several$_,size=4M,share=on " .
	      sprintf('-device ivshmem-plain,memdev=several%u,addr=0x%x', $_, 0x10 + $_) } 0 .. 3,
);

our @LENGTHS = (1, 64, 4096, 65536, 1 << 20, 1 << 22, 1 << 24, 1 << 26);
our @THREADS = (1, 2, 4);

my @OPEN = ("device big $BIG", map { "device several$_ $SEVERAL[$_]" } 0 .. 3);

# A plan for bar-bench: reads and writes of up to $most bytes.
sub plan_lengths {
	my ($most) = @_;

	return ($OPEN[0], map { ("read memory big 2 0 $_", "write memory big 2 0 $_") } grep { $_ <= $most } @LENGTHS);
}

# A plan for bar-scale, $times times: { SIZE => requests of each thread }.
sub plan_threads {
	my ($times, %requests) = @_;
	my $several = join ',', map { "several$_" } 0 .. 3;

	return (@OPEN, (map {
		my $size = $_;
		map { ("threads one $_ 2 $size $requests{$size} several0",
		       "threads several $_ 2 $size $requests{$size} $several") } @THREADS;
	} sort { $a <=> $b } keys %requests) x $times);
}

sub plan_long {
	my ($most) = @_;

	return (@OPEN, "others big 2 $most", "asleep big 2 $most", "kill big 2 $most");
}

# Boots the kernel in $dir, binds the devices and runs $job; returns the log. $plans are files for
# the job. $how{count} counts instructions; without it, two CPUs run in parallel.
sub boot {
	my ($dir, $job, $plans, %how) = @_;
	my $out = tempdir(CLEANUP => !$ENV{VPW_KEEP});
	my $bind = 'LAB_ALL="' . join(' ', $BIG, @SEVERAL) . '" lab_bind';

	Lab::write_file("$out/$_", join '', map { "$_\n" } @{$plans->{$_}}) for keys %$plans;
	Lab::write_file("$out/job", "lab_load_vfio && $bind && $job\n");
	local $ENV{VPW_ACCEL} = $how{count} ? $ENV{VPW_ACCEL} // 'tcg' : 'tcg,thread=multi';
	Lab::boot($dir, $out, '--no-trace', '--memory', 1024, '--timeout', $how{timeout} // 900,
		'--qemu', join(' ', @DEVICES, $how{count} ? Bench::counting('x86_64') : ()),
		$how{count} ? () : ('--smp', 2),
		(map { ('--module', $_) } @{$how{modules} // []}),
		(map { ('--file', Lab::guest_program($_)) } 'bar-bench', 'bar-scale'),
		(map { ('--data', "$out/$_") } keys %$plans)) or return '';

	return Lab::read_file("$out/results");
}

# Runs $commands on both paths, with TAG replaced by the path's name.
sub both {
	my ($setup, $commands, $plans, %how) = @_;
	my $dir = Lab::get(@{$setup->{kernel}});
	my ($stock, $ours) = map { $commands =~ s/TAG/$_/gr } qw(stock ours);

	if ($setup->{way} eq 'livepatch') {
		return boot($dir, "$stock && lab_load_width && $ours", $plans, %how, modules => [ Lab::module($dir) ]);
	}
	return boot($dir, $stock, $plans, %how) .
	       boot($dir, $ours, $plans, %how, modules => [ Lab::replacement_modules($dir) ]);
}

# { lengths => { PATH => { "read COUNT" => INSTRUCTIONS } },
#   threads => { PATH => { "one N COUNT" => [ REQUESTS, INSTRUCTIONS, NANOSECONDS ] } }, the
#   fastest of several, others => { PATH => [ COUNT, WAKE-UPS, MEDIAN, MOST ] },
#   kill => { PATH => LATER }, asleep => { PATH => LATER } }
sub parse {
	my ($results) = @_;
	my %found;

	for (split /\n/, $results) {
		if (/^bench (\S+) memory (read|write) (\d+) (\d+)/) {
			$found{lengths}{$1}{"$2 $3"} = $4;
		} elsif (/^threads (\S+) (\S+) (\d+) (\d+) (\d+) (\d+) (\d+)/) {
			my $best = $found{threads}{$1}{"$2 $3 $4"};
			$found{threads}{$1}{"$2 $3 $4"} = [ $5, $6, $7 ] if !$best || $7 < $best->[2];
		} elsif (/^others (\S+) (\d+) (\d+) (\d+) (\d+)/) {
			$found{others}{$1} = [ $2, $3, $4, $5 ];
		} elsif (/^(kill|asleep) (\S+) \d+ (\d+)/) {
			$found{$1}{$2} = $3;
		}
	}
	$found{done}{$_}++ for $results =~ /^done (\S+)$/mg;
	return \%found;
}

# Counts instructions: lengths up to $how{most}, threads on one CPU, and the effect of a request
# of $how{long} bytes on other tasks.
sub count {
	my ($setup, %how) = @_;
	my $most = $how{most} // $LENGTHS[-1];
	my $long = $how{long} // $LENGTHS[-1];

	return parse(both($setup, 'bar-bench TAG /lengths && bar-scale TAG /threads && bar-scale TAG /long', {
		lengths => [ plan_lengths($most) ],
		threads => [ plan_threads(1, 8 => 1000, 4096 => 300) ],
		long => [ plan_long($long) ],
	}, count => 1, timeout => 1800));
}

# Measures time on two CPUs that run in parallel.
sub throughput {
	my ($setup) = @_;

	return parse(both($setup, 'bar-scale TAG /threads', { threads => [ plan_threads(5, 8 => 50000, 4096 => 2000) ] }));
}

1;
