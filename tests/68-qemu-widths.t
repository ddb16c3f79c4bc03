#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# The requests that QEMU's region access makes for a guest's loads and stores on x86 and arm64,
# with the installed QEMU and a fake VFIO: the table in Documentation/qemu.rst.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp qw(tempdir);
use Test::More;
use Lab;

my $dir = tempdir(CLEANUP => !$ENV{VPW_KEEP});
my $sources = "$FindBin::Bin/qemu-vfio";

diag("kept: $dir") if $ENV{VPW_KEEP};
Lab::run('make', '-s', '-C', $sources, "OUT=$dir") or Lab::give_up('fake-vfio cannot be built');
mkdir "$dir/$_" for qw(function 7);
symlink "$dir/7", "$dir/function/iommu_group" or die "$dir: $!\n";

sub have {
	my ($command) = @_;

	return grep { -x "$_/$command" } split /:/, $ENV{PATH};
}

# Runs QEMU with the function and returns the requests on BAR 0 ("write 0x100 8"), keyed by the
# number in the mark before them.
sub requests {
	my ($input, @qemu) = @_;
	my (%requests, $mark);
	local %ENV = (%ENV, LD_PRELOAD => "$dir/fake-vfio.so", FAKE_VFIO => 'none', FAKE_VFIO_LOG => "$dir/log");

	unlink "$dir/log";
	Lab::write_file("$dir/input", $input);
	system('sh', '-c', 'exec timeout 60 "$@" <"$0/input" >"$0/said" 2>&1', $dir, @qemu, '-m', 64, '-nodefaults',
		'-nographic', '-device', "vfio-pci,addr=5,sysfsdev=$dir/function,x-no-mmap=on,rombar=0");
	for (-e "$dir/log" ? split /\n/, Lab::read_file("$dir/log") : ()) {
		my ($rw, $bar, $off, $count) = split;

		if (hex $off >= 0xf0000) {
			$mark = hex($off) - 0xf0000;
		} else {
			push @{$requests{$mark}}, "$rw $off $count" if defined $mark;
		}
	}
	return \%requests;
}

# Each row is what the guest does and the expected requests, or a list of alternatives for
# different versions of QEMU. A row without requests only says that QEMU splits the access.
sub check {
	my ($name, $requests, @rows) = @_;

	for my $i (0 .. $#rows) {
		my ($what, @wanted) = @{$rows[$i]};
		my @seen = @{$requests->{$i} // []};

		if (ref $wanted[0]) {
			my $seen = join ', ', @seen;

			ok(scalar(grep { $_ eq $seen } @{$wanted[0]}), "$name: $what: $seen");
		} elsif (@wanted) {
			is(join(', ', @seen), join(', ', @wanted), "$name: $what");
		} else {
			ok(@seen > 1, "$name: $what: " . join ', ', @seen);
		}
	}
}

sub build {
	my ($program, @command) = @_;

	return Lab::run(@command, '-nostdlib', '-static', '-Wl,--build-id=none', '-o', "$dir/$program", "$sources/$program.S");
}

my @writes = map { [ "write of $_", "write 0x100 $_" ] } 1, 2, 4, 8;
my @two = ('write 0x100 8', 'write 0x108 8');
# QEMU 7.2 stores two registers one by one, 10.0 both at once.
my @pairs = ('write 0x100 4, write 0x104 4', 'write 0x100 8');

SKIP: {
	skip('no qemu-system-x86_64', 1) unless have('qemu-system-x86_64');
	build('widths-x86_64', 'gcc', '-m32', '-Wl,-Ttext=0x101000,--section-start=.multiboot=0x100000')
		or skip('cannot build a program for x86', 1);
	check('x86, TCG', requests('', 'qemu-system-x86_64', '-M', 'pc', '-accel', 'tcg', '-cpu', 'max', '-device',
		'isa-debug-exit', '-kernel', "$dir/widths-x86_64"),
		@writes, [ 'write of 16 from a vector register', @two ],
		[ 'write of 2 at an odd offset' ], [ 'write of 4 at offset 2' ], [ 'write of 4 at an odd offset' ],
		[ 'write of 8 at offset 4' ], [ 'write of 8 at an odd offset' ],
		[ 'write of 16 at offset 8', 'write 0x208 8', 'write 0x210 8' ],
		[ '16 x rep movsb', map { sprintf 'write 0x%x 1', 0x300 + $_ } 0 .. 15 ],
		[ '4 x rep movsl', map { sprintf 'write 0x%x 4', 0x300 + 4 * $_ } 0 .. 3 ],
		(map { [ "read of $_", "read 0x100 $_" ] } 1, 4, 8),
		[ 'read of 16 into a vector register', 'read 0x100 8', 'read 0x108 8' ],
		[ 'read of 4 at an odd offset' ], [ 'read of 8 at offset 4' ]);

	# An access from KVM goes through address_space_write(), as do qtest's commands.
	my $bar = 0xe0000000;
	my @commands = ([ b => 0x100 ], [ w => 0x100 ], [ l => 0x100 ], [ q => 0x100 ], [ w => 0x201 ], [ l => 0x202 ],
		[ l => 0x201 ], [ q => 0x204 ], [ q => 0x201 ]);
	my $input = "outl 0xcf8 0x80002804\noutw 0xcfc 2\noutl 0xcf8 0x80002810\noutl 0xcfc $bar\n" .
		"outl 0xcf8 0x80002814\noutl 0xcfc 0\n";
	for my $i (0 .. $#commands) {
		$input .= sprintf "writeb 0x%x 0\n", $bar + 0xf0000 + $i;
		$input .= sprintf "write%s 0x%x 0x11\n", $commands[$i][0], $bar + $commands[$i][1];
	}
	check('x86, as from KVM', requests($input, 'qemu-system-x86_64', '-M', 'pc', '-accel', 'tcg', '-S', '-qtest', 'stdio'),
		@writes,
		[ 'write of 2 at an odd offset', 'write 0x201 1', 'write 0x202 1' ],
		[ 'write of 4 at offset 2', 'write 0x202 2', 'write 0x204 2' ],
		[ 'write of 4 at an odd offset', 'write 0x201 1', 'write 0x202 2', 'write 0x204 1' ],
		[ 'write of 8 at offset 4', 'write 0x204 4', 'write 0x208 4' ],
		[ 'write of 8 at an odd offset', 'write 0x201 1', 'write 0x202 2', 'write 0x204 4', 'write 0x208 1' ]);
}

SKIP: {
	skip('no qemu-system-aarch64', 1) unless have('qemu-system-aarch64');
	skip('no aarch64-linux-gnu-gcc', 1) unless have('aarch64-linux-gnu-gcc');
	build('widths-arm64', 'aarch64-linux-gnu-gcc', '-Wl,-Ttext=0x40100000') or skip('cannot build a program for arm64', 1);
	check('arm64, TCG', requests('', 'qemu-system-aarch64', '-M', 'virt,highmem=off', '-accel', 'tcg', '-cpu', 'max',
		'-kernel', "$dir/widths-arm64"),
		@writes, [ 'stp of 2 x 4', \@pairs ], [ 'stp of 2 x 8', @two ],
		[ 'str of a vector register', @two ],
		(map { [ "read of $_", "read 0x100 $_" ] } 1, 4, 8),
		[ 'ldp of 2 x 8', 'read 0x100 8', 'read 0x108 8' ],
		[ 'ldr of a vector register', 'read 0x100 8', 'read 0x108 8' ]);
}
done_testing;
