#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# The same programs with mainline's ism-vfio-pci and with vfio-pci and the rework: the table of
# scripts/ism-table. Some of mainline's results are checked too, as the documentation states them.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Ism;
use IsmTable;

my $dir = Ism::kernel();
my $mainline = IsmTable::collect($dir, Ism::mainlines(), 'mainline');
my $ours = IsmTable::collect($dir, Ism::ours($dir), 'the rework');
my @rows = IsmTable::rows($mainline, $ours);

ok($ours->{booted}, 'the rework: the programs finish and the kernel reports no fault');
ok(IsmTable::complete($ours), 'the rework: all results are there');
for my $row (grep { $_->[5] } @rows) {
	is($row->[5], 'kept', "the rework: $row->[1]") or diag($row->[3]);
}

sub mainlines {
	my ($what, $verdict, $text) = @_;
	my ($row) = grep { $_->[1] eq $what } @rows;

	is($row && "$row->[4]: $row->[2]", "$verdict: $text", "mainline: $what");
}
mainlines('write a page', 'kept', '4096 by PCISTB 4096');
mainlines('write 200 bytes across a page end', 'refused', 'EINVAL');
mainlines('write 64 KiB', 'refused', 'EINVAL');
mainlines('read 3 bytes of a doubleword', 'otherwise', '3 by PCILG 1+2');
mainlines('read to a bad pointer', 'kept', 'EFAULT by PCILG 8');
mainlines('write, memory decode off', 'WRONG', '64 by PCISTB 64');
mainlines('make an ioeventfd on BAR 2', 'refused', 'EINVAL');
my ($resets) = grep { $_->[1] =~ /^resets of the sender.*waits/ } @rows;
like($resets->[2], qr/ [1-9]\d* errors/, 'mainline: moves fail while the function is reset');
for my $what (map { $_->[1] } IsmTable::payloads()) {
	my ($row) = grep { $_->[0] =~ /^CPU/ && $_->[1] eq $what } @rows;

	cmp_ok($row->[3], '<=', 1.25 * $row->[2], "instructions for a payload of $what: at most 1.25 times mainline's");
}
IsmTable::print_rows(@rows) if $ENV{VPW_KEEP};
done_testing;
