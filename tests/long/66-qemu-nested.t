#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# The whole chain, all emulated: a nested guest executes instructions and runs mainline's ISM
# driver, through our QEMU and vfio-pci with the rework. The outer machine's functions must see
# the same instructions.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use List::Util qw(min);
use Test::More;
use IsmLog;
use Lab;
use Nested;

no warnings 'portable';

my $parts = Nested::parts('ours');

# ---- single instructions on NVMe's memory, strict alignment ----

my @cases;

sub bytes {
	my ($count, $first) = @_;

	return join '', map { sprintf '%02x', ($first + 7 * $_) & 0xff } 0 .. $count - 1;
}

for my $len (map { 8 * $_ } 2 .. 16) {
	my $hex = bytes($len, $len);

	push @cases, [ "block 1 2 0x1000 $len 0 $hex", 0, undef, "PCISTB $len 0x1000 $hex" ];
	# The outermost QEMU, on a little-endian host, stores each doubleword of a block reversed
	# (qemu/steps/1-fixes/01-byte-order).
	my $last = unpack 'H*', reverse pack 'H*', substr $hex, -16;
	push @cases, [ sprintf('load 1 2 0x%x 8', 0x1000 + $len - 8), 0, $last,
		sprintf 'PCILG 8 0x%x %s', 0x1000 + $len - 8, $last ];
}
push @cases, [ $_, -6 ] for 'block 1 2 0x1000 8', 'block 1 2 0x1000 136', 'block 1 2 0x1004 16',
	'block 1 2 0x1000 16 4', 'block 1 2 0x1ff8 16', 'load 1 2 0x1004 8', 'load 1 2 0x1000 0';
for my $width (1, 2, 4, 8) {
	my $hex = bytes(8, 16 * $width);

	push @cases, [ "store 1 2 0x2000 $width 0 $hex", 0, undef, "PCISTG $width 0x2000 " . substr $hex, -2 * $width ];
	push @cases, [ "load 1 2 0x2000 $width", 0, substr($hex, -2 * $width),
		"PCILG $width 0x2000 " . substr $hex, -2 * $width ];
}
# The kernel must split this load.
push @cases, [ 'load 1 2 0x2000 3', 0, substr(bytes(8, 128), 0, 6), 'PCILG 2 0x2000 ' . substr(bytes(8, 128), 0, 4),
	'PCILG 1 0x2002 ' . substr bytes(8, 128), 4, 2 ];

my $strict = join '', map { "$_->[0]\n" } @cases;
my $job = <<"JOB";
insmod /modules/ism-insn.ko || exit 1
ism-clp 0001:00:00.0 && ism-clp 0011:00:00.0 || exit 1
# NVMe has no driver here, and without memory decode each access is -EIO.
echo 1 >/sys/bus/pci/devices/\$LAB_NVME/enable || exit 1
cd /sys/module/ism_insn/parameters
while read -r insn; do
	echo "\$insn" >run && read -r result <result && echo "insn \$result" || exit 1
done >>/results <<CASES
${strict}CASES
JOB

# ---- payloads of all lengths between two ISM functions, by mainline's driver ----

$job .= <<'JOB';
insmod /modules/ism.ko && insmod /modules/dibs-move.ko || exit 1
cd /sys/module/dibs_move/parameters
echo ism11 ism12 1 4096 >start && echo 1 >wait && echo "moves $(cat result)" >>/results || exit 1
echo ism12 ism11 1 64 >start && echo 1 >wait && echo "back $(cat result)" >>/results || exit 1
rmmod dibs-move ism || exit 1
JOB

my $run = Nested::run($parts, [ { name => 'ours', qemu => 'ours', functions => [ 1, 11, 12 ], job => $job } ],
	files => [ Lab::guest_program('ism-clp', 's390x') ]);
my @said = @{$run->{results}{ours} // []};

ok($run->{booted}, 'the machine finishes');
is($said[-1] // '', 'done', 'the guest finishes, and no kernel reports a fault') or diag($run->{console} =~ s/\r//gr);

my %clp = map { /^clp 00(\d\d)\S+ group \S+ flags 0x(\S+) maxstbl (\d+)$/ ? ($1 => [ hex($2) & 8, $3 ]) : () } @said;
is_deeply($clp{'01'}, [ 0, 128 ], 'CLP in the guest: NVMe takes aligned blocks of up to 128 bytes');
is_deeply($clp{11}, [ 8, 4096 ], 'CLP in the guest: ISM takes blocks of up to 4096 bytes at any byte');

my @outcomes = map { /^insn (\S+) (\S+)$/ ? [ $1, $2 ] : () } @said;
is(scalar @outcomes, scalar @cases, 'all instructions are executed');
my @wrong = grep {
	my ($case, $seen) = ($cases[$_], $outcomes[$_] // [ 'none', '' ]);
	my $value = defined $case->[2] ? '0' x (16 - length $case->[2]) . $case->[2] : $seen->[1];

	$seen->[0] ne $case->[1] || $seen->[1] ne $value;
} 0 .. $#cases;
is(scalar @wrong, 0, 'the instructions have the right outcome') or
	diag(join "\n", map { "$cases[$_][0]: " . join ' ', @{$outcomes[$_] // []} } @wrong[0 .. min(9, $#wrong)]);

# BAR 2 of the function, which nothing else accesses.
my ($nvme) = map { $_->{fh} } grep { $_->{space} == 2 && $_->{insn} eq 'PCISTB' && $_->{off} == 0x1000 } @{$run->{events}{ours}};
my @seen = map { sprintf '%s %u 0x%x %s', @{$_}{qw(insn width off)}, $_->{hex} // '' }
	grep { $_->{fh} == ($nvme // 0) && $_->{space} == 2 } @{$run->{events}{ours}};
my @wanted = map { @{$_}[3 .. $#$_] } @cases;
is_deeply(\@seen, \@wanted, 'NVMe sees exactly these instructions, each whole: ' . @wanted);

my %moves = map { /^(moves|back) (\d+ \d+ \d+) (\d+)$/ ? ($1 => [ $2, $3 ]) : () } @said;
is($moves{moves}[0], '4096 0 0', 'payloads of 1 to 4096 bytes arrive with every byte, and nothing else is written');
cmp_ok($moves{moves}[1] // 0, '>', 0, 'signals arrive: ' . ($moves{moves}[1] // 0));
is($moves{back}[0], '64 0 0', 'payloads arrive in the other direction');

my @insns = @{$run->{ism}{insns}};
my @blocks = grep { $_->{insn} eq 'PCISTB' && $_->{space} == 0 } @insns;
is(scalar(grep { $_->{insn} eq 'PCISTG' } @insns), 0, 'ISM sees no PCISTG');
is_deeply([ grep { $_->{result} ne 'ok' } @insns ], [], 'no instruction on ISM fails');

# The same functions as in dibs-move.c.
sub place_of {
	my ($len) = @_;
	my $room = 4096 - $len;

	return ($len % 4) * 4096 + ($room ? ($len * 37 % $room) | 1 : 0);
}
sub payload_of {
	my ($len) = @_;

	return join '', map { sprintf '%02x', ($len * 13 + $_ * 7 + ($_ >> 8) * 3) & 0xff } 0 .. $len - 1;
}
my @bad = grep {
	my ($block, $len) = ($blocks[$_], $_ + 1);

	$block->{width} != $len || ($block->{off} & 0x7fffff) != place_of($len) || $block->{hex} ne payload_of($len);
} 0 .. min(4095, $#blocks);
is(scalar @blocks, 4096 + 64, 'each payload is exactly one PCISTB');
is(scalar @bad, 0, 'each PCISTB has the length, offset and bytes of its payload') or diag("first: $bad[0]");
done_testing;
