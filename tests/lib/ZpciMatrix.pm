# SPDX-License-Identifier: GPL-2.0-only
#
# The test matrix on s390x, where an access is an instruction: requests on zPCI functions with
# strict alignment, each compared with the log of the instructions.
#
# QEMU (7.2 and 10.0) reverses each 8 bytes of a PCISTB to an emulated device, and does so for no
# other instruction. A real machine does not: the kernel's zpci_memcpy_toio() mixes PCISTG and
# PCISTB for one stream of bytes. So the test compares the bytes of a block, but not the
# contents of the BAR after it.
package ZpciMatrix;

use strict;
use warnings;

use Test::More;

use Matrix;
use ZpciLog;

our @ISA = ('Matrix');

use constant { EIO => 5, ENXIO => 6, MAXSTBL => 128 };

my @ZPCI = (mode => 'insn', max => MAXSTBL, zpci => 1);

# The memory is nvme's controller memory buffer. The configuration of a virtio device begins at
# 0x2000 in BAR 4; most of the BAR is unused and takes anything.
my %BARS = (
	absent => { dev => 'nvme', bar => 5, mode => 'none', max => 8 },
	memory => { dev => 'nvme', bar => 2, from => 0, @ZPCI },
	nvme => { dev => 'nvme', bar => 0, from => 0, hole => 0x2000, hole_size => 0x410, @ZPCI },
	msix => { dev => 'nic', bar => 1, from => 0, hole => 0, hole_size => 0x800, @ZPCI },
	nic => { dev => 'nic', bar => 4, from => 0x2000, @ZPCI },
	rng => { dev => 'rng', bar => 4, from => 0x2000, @ZPCI },
);

my %SIZES = (
	absent => 0, memory => 0x100000, nvme => 0x4000, msix => 0x1000, nic => 0x4000, rng => 0x4000,
);

my %DEVICES = (nvme => '0001:00:00.0', nic => '0002:00:00.0', rng => '0003:00:00.0');

my %IDS = (nvme => '1b36:0010', rng => '1af4:1005');

my @LIMITS = (1, 2, 4, 8, 16, 64, 4096, '16,1b36:0010:64', '1b36:0010:8',
	'1b36:0010:1,4,1b36:0010:32,64', '4,1b36:0010:0', '8,1af4:1005:32', 0);

sub machine {
	return (bars => \%BARS, sizes => \%SIZES, devices => \%DEVICES, ids => \%IDS);
}

# A request that must be exactly $nr instructions of one kind and length, whatever the plan says.
sub exactly {
	my ($self, $nr, $insn, $width, @request) = @_;

	$self->request(@request)->{exactly} = "$nr x $insn $width";
}

sub plan_headlines {
	my ($self) = @_;

	$self->group('128 aligned bytes are exactly one PCISTB');
	$self->exactly(1, 'PCISTB', 128, 'write', @$_, 128)
		for [memory => 0], [memory => 128], [memory => 0x1f80], [rng => 0x2000], [nic => 0x2100];
	$self->group('4096 aligned bytes are exactly 32 PCISTB');
	$self->exactly(32, 'PCISTB', 128, 'write', @$_, 4096) for [memory => 0x1000], [rng => 0x2000];
	$self->group('16, 24, ... 120 aligned bytes are exactly one PCISTB');
	$self->exactly(1, 'PCISTB', 8 * $_, 'write', 'memory', 0x1000, 8 * $_) for 2 .. 15;
	$self->group('1, 2, 4 and 8 aligned bytes are exactly one PCISTG or PCILG');
	for my $width (1, 2, 4, 8) {
		$self->exactly(1, 'PCISTG', $width, 'write', $_, 0x2000 + 8 * $width, $width)
			for qw(memory nic rng);
		$self->exactly(1, 'PCILG', $width, 'read', $_, 0x2000 + 8 * $width, $width)
			for qw(memory nic rng);
	}
}

sub plan_blocks {
	my ($self) = @_;

	for my $counts ([16 .. 40], [112 .. 136], [255 .. 257], [1000]) {
		$self->group("memory: $counts->[0] to $counts->[-1] bytes at every offset 0..15");
		for my $count (@$counts) {
			$self->both('memory', 0x3000 + $_, $count) for 0 .. 15;
		}
	}
	$self->group('memory: blocks that end at, or cross, a page end');
	for my $count (map { 8 * $_ } 2 .. 17) {
		$self->request('write', 'memory', 0x4000 - 8 * $_, $count) for 1 .. 17;
	}
	$self->group('memory: blocks from odd buffers');
	$self->both('memory', 0x1000 + $_->[0], $_->[1], mem => 'odd')
		for [0, 128], [8, 4096], [0, 16], [4, 132], [1, 300];
}

sub plan_long {
	my ($self) = @_;

	$self->group('memory: 256 KiB, and 256 KiB from an odd offset into an odd buffer');
	$self->both('memory', 0, 1 << 18);
	$self->both('memory', 0x10003, 1 << 18, mem => 'odd');
}

# Nothing answers after nvme's table: an access there is a program check.
sub plan_behind_hole {
	my ($self) = @_;
	my $after = 0x2410;

	$self->group('nvme: across the end of the MSI-X table, where nothing is');
	for my $inside (1, 2, 4, 8, 16, 0x410) {
		$self->request($_->[0], 'nvme', $after - $inside, $inside + $_->[1], ret => $inside, fails => 1)
			for map { ([read => $_], [write => $_]) } 1, 2, 4, 8, 16, 32;
	}
	$self->request($_, 'nvme', $after, 8, errno => ENXIO, fails => 1) for qw(read write);
	$self->group('msix: inside the MSI-X table, and across its end');
	$self->both('msix', @$_) for [0, 8], [0, 128], [0, 0x800], [0x7f0, 16], [3, 5],
		[0x7f8, 16], [0x7fc, 8], [0x7f0, 32], [0, 0x810];
	$self->request('read', 'msix', 0x7ff, 2, ret => 1, fails => 1);
	$self->request('read', 'msix', 0x7f8, 32, ret => 24, fails => 1);
	$self->request('read', 'msix', 0x810, 4, errno => ENXIO, fails => 1);
}

sub plan_decode {
	my ($self) = @_;

	$self->step("decode $_ off") for qw(nvme rng);
	$self->group('memory decode off: no instruction');
	$self->both('memory', 0x1000, $_, errno => EIO) for 1, 2, 4, 8, 16, 128, 5000;
	$self->both('rng', 0x2000, 128, errno => EIO);
	$self->request('read', 'nvme', 0x1ff8, 16, errno => EIO);
	$self->group('memory decode off: the hole still works');
	$self->both('nvme', 0x2000, 128);
	$self->step("decode $_ on") for qw(nvme rng);
	$self->group('memory decode on again');
	$self->both('memory', 0x1000, 128);
	$self->both('rng', 0x2000, 8);
}

sub plan_position {
	my ($self) = @_;

	$self->group('nvme: read() at the file position, which moves on');
	my $off = 0;
	for my $count (4, 2, 8) {
		$self->request('next', 'nvme', $off, $count);
		$off += $count;
	}
}

# The stock path in the same boot: instructions of at most 8 bytes.
sub plan_stock {
	my ($self) = @_;

	$self->plan_devices;
	$self->group('stock: 128 aligned bytes are 16 PCISTG, 4096 are 512');
	$self->exactly(16, 'PCISTG', 8, 'write', $_, 0x2000, 128, max => 8) for qw(memory rng);
	$self->exactly(512, 'PCISTG', 8, 'write', 'memory', 0x1000, 4096, max => 8);
	$self->group('stock: 8 bytes are one PCISTG or PCILG');
	$self->exactly(1, 'PCISTG', 8, 'write', 'memory', 0x1000, 8, max => 8);
	$self->exactly(1, 'PCILG', 8, 'read', 'memory', 0x1000, 8, max => 8);
	$self->{stock} = $self->{steps};
	$self->{steps} = [];
}

sub plan_all {
	my ($self) = @_;

	$self->plan_stock if $self->{way}{patch};
	$self->plan_devices;
	$self->plan_position;
	$self->plan_headlines;
	$self->plan_widths(qw(nic rng memory));
	$self->plan_lengths(qw(nic rng memory));
	$self->plan_pages(qw(memory rng));
	$self->plan_blocks;
	$self->plan_long;
	$self->plan_hole;
	$self->plan_behind_hole;
	$self->plan_bounds(qw(nic rng memory));
	$self->plan_user_memory('memory');
	$self->plan_decode;
	$self->plan_limits(\@LIMITS, [1, 2, 4, 8, 24, 128, 200], [qw(memory rng)]);
}

sub plans {
	my ($self) = @_;

	return ($self->SUPER::plans, $self->{stock} ? (stock => $self->{stock}) : ());
}

# Logs the functions' handles before the requests.
sub job {
	my ($self) = @_;
	my $way = $self->{way};

	return join ' && ', 'lab_load_vfio && lab_bind && { for dev in /sys/bus/pci/devices/*; do ' .
		'echo "function ${dev##*/} $(cat "$dev/function_handle")"; done >/results; }',
		$way->{patch} ? 'bar-requests /stock && lab_load_width' : (), 'bar-requests /plan';
}

sub take_results {
	my ($self, $results) = @_;
	my %fh = $results =~ /^function (\S+) 0x([0-9a-f]+)$/mg;

	$self->SUPER::take_results($results);
	$_->{fh} = hex($fh{$self->{devices}{$_->{dev}}} // 0) for values %{$self->{bars}};
}

sub events {
	my ($self, $trace) = @_;
	my $log = ZpciLog::read_log($trace);

	$self->{count} = $log->{count};
	return $log->{events};
}

sub seen_and_wanted {
	my ($self, $request, $events) = @_;
	my $rw = $request->{rw} eq 'write' ? 'write' : 'read';
	my @wanted = map {
		+{ insn => ZpciLog::insn($rw, $_->[1]), rw => $rw, off => $_->[0], width => $_->[1] }
	} @{$request->{accesses}};

	return (ZpciLog::accesses($events, $self->{bars}{$request->{name}}), \@wanted);
}

sub fault {
	my ($self, $request, $events) = @_;
	my $exactly = $request->{exactly};
	my %seen;

	if ($exactly) {
		$seen{"$_->{insn} $_->{width}"}++ for @{$events->{$request->{id}} // []};
		my $seen = join ', ', map { "$seen{$_} x $_" } sort keys %seen;

		return 'it is ' . ($seen || 'nothing') . ", not $exactly" if $seen ne $exactly;
	}
	return $self->SUPER::fault($request, $events);
}

sub report_more {
	my ($self) = @_;
	my @mio = grep { /I$/ } sort keys %{$self->{count}};

	ok($self->{count}{PCILG} && $self->{count}{PCISTB}, 'the log has instructions');
	is("@mio", '', 'no instruction takes an address (MIO)');
}

# Like Matrix::test_kernel().
sub test_kernel {
	my ($dir, %opt) = @_;

	Matrix::run_matrix('ZpciMatrix', $dir, %opt);
}

1;
