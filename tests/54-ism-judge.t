#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# Mainline's own code judges the model of an ISM function, tests/ism-lab: the kernel's driver
# binds to two functions, and SMC sockets move data through them. The functions' log has what
# moved; the receiver checks what arrived.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp qw(tempdir);
use Test::More;
use Lab;
use ZpciLog;

no warnings 'portable';

# More than the buffers hold, in calls of every length. Only the blocks of the first calls are
# predictable (tests/guest/ism-smc.c): 1 byte, and a page that is not aligned in its source
# buffer.
my ($bytes, $longest) = (2 * 1024 * 1024, 4200);

my $job = <<'JOB';
ip link set lo up
echo 0 >/proc/sys/net/smc/autocorking_size
insmod /modules/ism.ko
for bdf in $LAB_ISM_ALL; do
	[ "$(basename "$(readlink /sys/bus/pci/devices/$bdf/driver)")" = ism ] || exit 1
done

# Without a PNET ID, both sockets take the last function. With one, the socket that connects
# takes the other.
ism-smc transfer alone BYTES LONGEST || exit
ism-smc pnetid JUDGE lo "$LAB_ISM1" || exit
ism-smc transfer pair BYTES LONGEST || exit

# The driver unregisters everything and registers it again.
rmmod ism
insmod /modules/ism.ko
ism-smc transfer again 100000 1000 || exit
rmmod ism
JOB
$job =~ s/BYTES/$bytes/g;
$job =~ s/LONGEST/$longest/g;

sub pattern {
	my ($stream) = @_;

	return join '', map {
		chr(($_ * 197 + ($_ >> 8) * 13 + ($_ >> 16) * 7 + $stream * 91) & 0xff)
	} 0 .. $bytes - 1;
}

my $kernel = Lab::get('build-kernel', 's390x-ism-7.3');
# lab-boot needs it too, but cannot skip the test.
Lab::get('build-qemu-ism');

my $out = $ENV{VPW_KEEP} ? tempdir('vpw-ism-judge-XXXXXX', TMPDIR => 1) : tempdir(CLEANUP => 1);
diag("output is kept in $out") if $ENV{VPW_KEEP};
Lab::write_file("$out/job", $job);
ok(Lab::boot($kernel, $out, '--ism', 2, '--no-trace', '--file', Lab::guest_program('ism-smc', 's390x')),
	'ism_drv binds to two functions, SMC sockets move data, and the kernel reports no fault')
	or do { done_testing; exit };

# ---- the sockets ----

my %smc;
for (split /\n/, Lab::read_file("$out/results")) {
	my ($name, $mode, @numbers) = /^smc (\S+) (\S+) (\S+) (\S+) (\S+) (\S+) there \d+ back \d+$/ or next;
	$smc{$name} = { mode => $mode, map { $_ => hex shift @numbers } qw(gid peer_gid token peer_token) };
}
for my $name (qw(alone pair again)) {
	is($smc{$name}{mode}, 'smcd', "$name: the connection is SMC-D, not TCP");
}
my @gids = map { 0x49534d0000000000 | $_ } 0x11, 0x12;
is($smc{alone}{gid}, $smc{alone}{peer_gid}, 'alone: both sides use one function');
is_deeply([ sort { $a <=> $b } @{$smc{pair}}{qw(gid peer_gid)} ], \@gids, 'pair: the sides use two functions');

# ---- the functions ----

my $log = ZpciLog::read_function_log("$out/ism.log");
my @insns = @{$log->{insns}};
my @said = @{$log->{said}};

is_deeply([ grep { $_->{insn} eq 'PCISTG' } @insns ], [], 'no PCISTG is executed');
is_deeply([ grep { $_->{result} ne 'ok' } @insns ], [], 'no instruction fails');
is_deeply([ grep { $_->[1] eq 'cmd' && $_->[4] ne '0x0' } @said ], [], 'no command fails');
for my $fid ('11', '12') {
	my @irqs = grep { $_->[1] eq 'irq' && $_->[2] eq $fid } @said;
	cmp_ok(scalar @irqs, '>', 10, "function $fid raises interrupts");
}

# Blocks moved to a buffer, without those that carry a signal: these tell the other side how
# far the data is.
sub moved {
	my ($token) = @_;

	return grep {
		$_->{insn} eq 'PCISTB' && $_->{space} == 0 && $_->{off} >> 32 == $token >> 32
			&& !($_->{off} >> 23 & 1)
	} @insns;
}

my %lengths;
for my $name (qw(alone pair)) {
	for (['there', 1, 'peer_token'], ['back', 2, 'token']) {
		my ($way, $stream, $token) = @$_;
		my @moves = moved($smc{$name}{$token});
		my $data = join '', map { pack 'H*', $_->{hex} } @moves;
		ok($data eq pattern($stream), "$name, $way: the function sees the bytes that were sent")
			or diag(length($data) . " bytes in " . @moves . " moves");
		$lengths{$_->{width}} = 1 for @moves;
	}
}
cmp_ok(scalar keys %lengths, '>', 1000, 'blocks have many lengths');
ok($lengths{$_}, "some blocks have $_ bytes") for 1, 4096;
is(scalar(grep { $_->{insn} eq 'PCISTB' && $_->{off} % 4096 + $_->{width} > 4096 } @insns), 0,
	'no target of a block crosses a page');
my ($crossing) = grep { $_->{insn} eq 'PCISTB' && $_->{source} % 4096 + $_->{width} > 4096 } @insns;
ok($crossing, 'some sources cross a page, so a real function must allow that');

# { "FID to FID" => bytes moved }
my %between;
$between{"$_->[2] to $_->[9]"} += $_->[7] for grep { $_->[1] eq 'move' } @said;
for (['12 to 12', 2 * $bytes], ['11 to 12', $bytes], ['12 to 11', $bytes]) {
	my ($way, $least) = @$_;
	cmp_ok($between{$way} // 0, '>=', $least, "enough bytes move from $way");
}

# ---- cleanup ----

my %registered;
my %counts = ('0x1' => 1, '0x2' => 1, '0xa' => 1, '0x11' => -1, '0x12' => -1, '0xb' => -1);
$registered{$_->[2]} += $counts{$_->[3]} // 0 for grep { $_->[1] eq 'cmd' } @said;
is_deeply(\%registered, { 11 => 0, 12 => 0 }, 'the driver unregisters all that it registered');

done_testing;
