# SPDX-License-Identifier: GPL-2.0-only
#
# The test matrix on arm64, QEMU's machine "virt". There, an access that a device refuses, as edu
# does below 4 bytes, is an external abort and stops the kernel, stock or not. So nvme's
# controller memory buffer, which is memory, gets the requests of all widths; edu gets only those
# that it accepts.
package VirtMatrix;

use strict;
use warnings;

use Matrix;

our @ISA = ('Matrix');

# Values of bar_max_width, with the IDs of nvme.
my @LIMITS = (1, 2, 4, 8, 4096, '4,1b36:0010:8', '1b36:0010:2', '1b36:0010:1,8,1b36:0010:2,4',
	'4,1b36:0010:0', '8086:1572:1,2', '10EC:8139:2', '8,8086:10d3:1', 0);

sub machine {
	my %pc = Matrix::machine();

	return (
		%pc, limits => \@LIMITS, registers => 'cmb',
		bars => { %{$pc{bars}}, cmb => { dev => 'nvme', bar => 2, mode => 'ops', max => 8, from => 0x1000 } },
		sizes => { %{$pc{sizes}}, cmb => 0x100000 },
		ids => { %{$pc{ids}}, nvme => '1b36:0010' },
	);
}

# Requests without an access narrower than 4.
sub plan_edu {
	my ($self) = @_;

	$self->group('edu: multiples of 4 bytes at multiples of 4');
	$self->both('edu', 0x80, 8);
	for my $count (4, 8, 12, 16, 64, 4096, 8192) {
		$self->both('edu', 0x1000 + $_, $count) for 0, 4, 8, 12, 4092;
	}
}

sub plan_all {
	my ($self) = @_;

	$self->SUPER::plan_all;
	$self->plan_edu;
}

# Like Matrix::test_kernel().
sub test_kernel {
	my ($dir, %opt) = @_;

	Matrix::run_matrix('VirtMatrix', $dir, %opt);
}

1;
