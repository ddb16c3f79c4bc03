#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# A nested guest with mainline's ISM driver under faults: functions are busy, reset, deconfigured
# by the guest and taken back by the host while payloads move. Before that, SMC-D sockets, which
# need the functions' interrupts.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Lab;
use Nested;

no warnings 'portable';

my $parts = Nested::parts('ours');
# Long enough that faults strike while payloads move.
my ($last, $rounds) = (256, 40);
my $total = $last * $rounds;
my $smc_bytes = 200000;

# A command of the model (Documentation/ism-lab.rst): a header and two words.
sub command {
	my ($code, @words) = @_;

	return sprintf 'block 11 2 0x0 24 0 %08x0000%04x%s', $code, 24, join '', map { sprintf '%016x', $_ } @words;
}

my $busy_times = command(0xfa01, 1 << 32 | 200, 0);
my $busy_time = command(0xfa01, 1 << 32, 300000);
my $asked_for = command(0xfa03, 0, 20000);

my $job = <<"JOB";
payloads="1 $last $rounds"
busy_times='$busy_times'
busy_time='$busy_time'
asked_for='$asked_for'
JOB
$job .= <<'JOB';
insmod /modules/ism-insn.ko && insmod /modules/ism.ko || exit 1
ip link set lo up
ism-smc pnetid NESTED lo 0011:00:00.0 || exit 1
JOB
$job .= "ism-smc transfer pair $smc_bytes 4200 || exit 1\n";
$job .= <<'JOB';
insmod /modules/dibs-move.ko || exit 1
move=/sys/module/dibs_move/parameters
pci=/sys/bus/pci

insn() { echo "$1" >/sys/module/ism_insn/parameters/run && read -r ret value </sys/module/ism_insn/parameters/result; }
# Adds a line to the functions' log.
note() { insn "block 12 2 0x0 16 0 0000fa0600000010000000000000000$1"; }
# Starts payloads and returns while they move.
begin() {
	echo "ism11 ism12 $payloads" >$move/start || exit 1
	while read -r moved rest <$move/result && [ "$moved" -lt 100 ]; do sleep 0.05; done
}
# finish NAME: waits for the payloads and logs the result.
finish() {
	echo 1 >$move/wait
	echo "$1 $(cat $move/result)" >>/results
}
# wait_for -e PATH
wait_for() {
	i=0
	until [ "$1" "$2" ]; do
		[ $((i += 1)) -lt 300 ] || exit 1
		sleep 0.1
	done
}
# reset FUNCTION: resets it and logs how many payloads had moved before and after.
reset() {
	read -r before rest <$move/result
	echo 1 >$pci/devices/00$1:00:00.0/reset || exit 1
	read -r after rest <$move/result
	echo "reset $1 $before $after" >>/results
}
works() {
	echo "ism11 ism12 1 64" >$move/start && finish "$1"
}

note 1
begin
insn "$busy_times"; echo "command $ret" >>/results
sleep 0.1
insn "$busy_time"; echo "command $ret" >>/results
finish busy
note 2

note 3
begin
reset 11
finish sender-reset
note 4
rmmod ism && insmod /modules/ism.ko || exit 1
works after-sender-reset
note 5
begin
reset 12
finish receiver-reset
note 6
rmmod ism && insmod /modules/ism.ko || exit 1
works after-receiver-reset

begin
echo 0 >$pci/slots/00000011/power && echo "off" >>/results
finish off
[ ! -e $pci/devices/0011:00:00.0 ] || exit 1
echo 1 >$pci/slots/00000011/power
wait_for -e $pci/devices/0011:00:00.0/driver
works on

begin
insn "$asked_for"
i=0
while [ -e $pci/devices/0011:00:00.0 ] && [ $((i += 1)) -lt 300 ]; do sleep 0.1; done
[ -e $pci/devices/0011:00:00.0 ] || echo "taken back" >>/results
finish asked-for
rmmod dibs-move ism || exit 1
JOB

my $run = Nested::run($parts, [ { name => 'ours', qemu => 'ours', functions => [ 11, 12 ], job => $job, cpus => 2 } ],
	files => [ Lab::guest_program('ism-smc', 's390x') ]);
my @said = @{$run->{results}{ours} // []};

ok($run->{booted}, 'the machine finishes');
is($said[-1] // '', 'done', 'the guest finishes, and no kernel reports a fault') or diag($run->{console} =~ s/\r//gr);

# ---- SMC-D ----

my ($smc) = grep { /^smc pair / } @said;
my (undef, undef, $mode, $gid, $peer) = split ' ', $smc // '';
is($mode, 'smcd', 'SMC sockets use the functions, not TCP');
isnt($gid, $peer, 'the SMC sockets use one function each');

# ---- payloads ----

# [ moved, wrong, failed ]
my %moves = map { /^(\S+) (\d+) (\d+) (\d+) \d+$/ ? ($1 => [ $2, $3, $4 ]) : () } @said;
sub moves {
	my ($name) = @_;

	return @{$moves{$name} // [ 0, -1, 0 ]};
}
is_deeply([ grep { /^command / } @said ], [ ('command 0') x 2 ], 'the function accepts the commands that make it busy');
is_deeply([ moves('busy') ], [ $total, 0, 0 ], 'busy: each payload arrives');
ok(grep({ $_ eq 'off' } @said), 'the guest deconfigures the sender');
ok(grep({ $_ eq 'taken back' } @said), 'the host takes the sender back');
for my $name (qw(sender-reset receiver-reset off asked-for)) {
	my ($moved, $wrong, $failed) = moves($name);

	note("$name: $moved moved, $failed failed");
	is($wrong, 0, "$name: no payload arrives with wrong bytes");
	cmp_ok($moved, '>=', 100, "$name: payloads move before the fault");
}

# A guest's reset does not reach the function on the host, so few payloads fail.
for my $reset ([ 'sender-reset', 11 ], [ 'receiver-reset', 12 ]) {
	my ($name, $number) = @$reset;
	my ($before, $after) = map { /^reset $number (\d+) (\d+)$/ ? ($1, $2) : () } @said;
	my ($moved, undef, $failed) = moves($name);

	ok(defined $after && 100 <= $before && $before <= $after && $after < $total,
		"$name: the reset returns while payloads move: " . join ' to ', $before // 'never', $after // 'never');
	is($moved + $failed, $total, "$name: each payload arrives or fails");
	cmp_ok($moved - ($after // $total), '>=', 100, "$name: payloads arrive after the reset");
}
is_deeply([ moves($_) ], [ 64, 0, 0 ], "$_: payloads move again") for qw(after-sender-reset after-receiver-reset on);

# ---- what the functions saw ----

# The line of a note in the functions' log.
sub noted {
	my ($nr) = @_;

	return map { $_->[0] } grep { $_->[1] eq 'note' && $_->[3] == $nr } @{$run->{ism}{said}};
}

for my $reset ([ 'sender-reset', 3, 4 ], [ 'receiver-reset', 5, 6 ]) {
	my ($name, @notes) = @$reset;
	my ($from, $to) = map { noted($_) } @notes;
	my @resets = grep { $_->[1] eq 'reset' && $_->[0] > $from && $_->[0] < $to } @{$run->{ism}{said}};

	is(defined $to ? scalar @resets : 'unknown', 0, "$name: the functions on the host are not reset");
}
my ($from, $to) = map { noted($_) } 1, 2;
my @busy = grep { $_->{insn} eq 'PCISTB' && $_->{space} == 0 && $_->{line} > $from && $_->{line} < $to } @{$run->{ism}{insns}};
is(scalar(grep { $_->{result} eq 'ok' } @busy), $total, 'busy: each payload is one PCISTB that succeeds');
cmp_ok(scalar(grep { $_->{result} eq 'busy' } @busy), '>', 200, 'busy: the function answers other PCISTBs with busy');
my @other = grep {
	my ($insn, $next) = @busy[$_, $_ + 1];

	$insn->{result} eq 'busy' && ($next->{off} != $insn->{off} || $next->{width} != $insn->{width});
} 0 .. $#busy - 1;
is(scalar @other, 0, 'busy: each of these is repeated unchanged');
is(scalar(grep { $_->{insn} eq 'PCISTG' } @{$run->{ism}{insns}}), 0, 'ISM sees no PCISTG');
done_testing;
