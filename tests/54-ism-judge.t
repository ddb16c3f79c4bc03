#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# The model of an ISM function, tests/ism-lab, judged by mainline's own code: the kernel's
# driver binds to two functions, and SMC sockets move data by them. What moved is in the
# log of the functions; that it arrived, the receiver says.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp qw(tempdir);
use Test::More;
use Lab;
use ZpciLog;

no warnings 'portable';

# More than the buffers hold, in calls of every length while it lasts. Of what is moved, only
# the first calls' blocks are sure (tests/guest/ism-smc.c): 1 byte, and a page that in the
# buffer it comes from is none.
my ($bytes, $longest) = (2 * 1024 * 1024, 4200);

my $job = <<'JOB';
ip link set lo up
echo 0 >/proc/sys/net/smc/autocorking_size
insmod /modules/ism.ko
for bdf in $LAB_ISM_ALL; do
	[ "$(basename "$(readlink /sys/bus/pci/devices/$bdf/driver)")" = ism ] || exit 1
done

# Without an ID, both sockets take the function that comes last. With one, the socket that
# connects takes the other.
ism-smc transfer alone BYTES LONGEST || exit
ism-smc pnetid JUDGE lo "$LAB_ISM1" || exit
ism-smc transfer pair BYTES LONGEST || exit

# All that is registered has to go, and comes again.
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
# lab-boot asks for it too, but cannot skip.
Lab::get('build-qemu-ism');

my $out = $ENV{VPW_KEEP} ? tempdir('vpw-ism-judge-XXXXXX', TMPDIR => 1) : tempdir(CLEANUP => 1);
diag("output is kept in $out") if $ENV{VPW_KEEP};
Lab::write_file("$out/job", $job);
ok(Lab::boot($kernel, $out, '--ism', 2, '--no-trace', '--file', Lab::guest_program('ism-smc', 's390x')),
	'ism_drv binds to two functions, SMC sockets move data, and nobody complains')
	or do { done_testing; exit };

# ---- what the sockets were ----

my %smc;
for (split /\n/, Lab::read_file("$out/results")) {
	my ($name, $mode, @numbers) = /^smc (\S+) (\S+) (\S+) (\S+) (\S+) (\S+) there \d+ back \d+$/ or next;
	$smc{$name} = { mode => $mode, map { $_ => hex shift @numbers } qw(gid peer_gid token peer_token) };
}
for my $name (qw(alone pair again)) {
	is($smc{$name}{mode}, 'smcd', "$name: the connection is SMC-D, not TCP");
}
my @gids = map { 0x49534d0000000000 | $_ } 0x11, 0x12;
is($smc{alone}{gid}, $smc{alone}{peer_gid}, 'alone: one function, both sides');
is_deeply([ sort { $a <=> $b } @{$smc{pair}}{qw(gid peer_gid)} ], \@gids, 'pair: two functions');

# ---- what the functions saw ----

my $log = ZpciLog::read_function_log("$out/ism.log");
my @insns = @{$log->{insns}};
my @said = @{$log->{said}};

is_deeply([ grep { $_->{insn} eq 'PCISTG' } @insns ], [], 'no PCISTG');
is_deeply([ grep { $_->{result} ne 'ok' } @insns ], [], 'no instruction failed');
is_deeply([ grep { $_->[1] eq 'cmd' && $_->[4] ne '0x0' } @said ], [], 'no command failed');
for my $fid ('11', '12') {
	my @irqs = grep { $_->[1] eq 'irq' && $_->[2] eq $fid } @said;
	cmp_ok(scalar @irqs, '>', 10, "function $fid: interrupts");
}

# The bytes that went to a buffer, without those that come with a signal: they tell the
# other side how far the data is.
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
		ok($data eq pattern($stream), "$name, $way: what the function saw is what was sent")
			or diag(length($data) . " bytes in " . @moves . " moves");
		$lengths{$_->{width}} = 1 for @moves;
	}
}
cmp_ok(scalar keys %lengths, '>', 1000, 'blocks of many lengths');
ok($lengths{$_}, "$_ bytes among them") for 1, 4096;
is(scalar(grep { $_->{insn} eq 'PCISTB' && $_->{off} % 4096 + $_->{width} > 4096 } @insns), 0,
	'no target crosses a page');
my ($crossing) = grep { $_->{insn} eq 'PCISTB' && $_->{source} % 4096 + $_->{width} > 4096 } @insns;
ok($crossing, 'but sources do: a real function has to allow that');

# Between which functions.
my %between;
$between{"$_->[2] to $_->[9]"} += $_->[7] for grep { $_->[1] eq 'move' } @said;
for (['12 to 12', 2 * $bytes], ['11 to 12', $bytes], ['12 to 11', $bytes]) {
	my ($way, $least) = @$_;
	cmp_ok($between{$way} // 0, '>=', $least, "moved from $way");
}

# ---- and what is left ----

my %registered;
my %counts = ('0x1' => 1, '0x2' => 1, '0xa' => 1, '0x11' => -1, '0x12' => -1, '0xb' => -1);
$registered{$_->[2]} += $counts{$_->[3]} // 0 for grep { $_->[1] eq 'cmd' } @said;
is_deeply(\%registered, { 11 => 0, 12 => 0 }, 'all that was registered was given back');

done_testing;
