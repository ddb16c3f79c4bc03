#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# The rules of the model of an ISM function, instruction by instruction: what it accepts, what
# it refuses, and the commands that make it misbehave. tests/ism-lab/insn makes the kernel
# execute the instructions.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp qw(tempdir);
use Test::More;
use Lab;
use ZpciLog;

no warnings 'portable';

my ($ok, $eio, $enxio) = (0, -5, -6);

# [ name, "KIND FID SPACE OFFSET LENGTH [SOURCE [HEX]]", return value, bytes loaded ]
my @cases;
# Regular expressions for lines that the log must have.
my @said;

sub insn {
	push @cases, [ @_ ];
}

# Issues a command: its body, its header, and a load of the return value from the response.
sub command {
	my ($what, $fid, $code, $body, $ret) = @_;
	my $len = 8 + length($body) / 2;

	insn("$what: request", sprintf('block %s 2 0x8 %d 0 %s', $fid, $len - 8, $body), $ok) if $body ne '';
	insn("$what: header", sprintf('block %s 2 0x0 8 0 %08x0000%04x', $fid, $code, $len), $ok);
	insn("$what: response", "load $fid 2 0x4 2", $ok, sprintf '%04x', $ret) if defined $ret;
}

sub hex_of { return join '', map { sprintf '%08x', $_ } @_ }

# ---- loads ----

my $bytes = join '', map { sprintf '%02x', $_ } 1 .. 16;
insn('write 16 bytes of the command BAR next to the command', "block 11 2 0x100 16 0 $bytes", $ok);
for my $off (0 .. 7) {
	for my $len (0 .. 9) {
		my $fits = $len && $off + $len <= 8;
		insn("load $len at $off of a doubleword", sprintf('load 11 2 0x%x %d', 0x100 + $off, $len),
			$fits ? ($ok, substr $bytes, 2 * $off, 2 * $len) : $enxio);
	}
}
insn('load from the data BAR', 'load 11 0 0x0 8', $eio);
insn('load from beyond the BAR', 'load 11 2 0x1000 8', $enxio);
insn('load from a missing BAR', 'load 11 4 0x0 8', $enxio);

# ---- stores ----

for my $space (0, 2) {
	insn("store of $_ to BAR $space", "store 11 $space 0x100 $_", $enxio) for 1, 2, 4, 8;
}

# ---- blocks ----

insn("block of $_ at an odd offset", "block 11 2 0x201 $_ 3", $ok) for 1 .. 9, 63, 128, 129, 2000;
insn('block of a whole page', 'block 11 2 0x0 4096 0 ff', $ok);
insn('block of 0 bytes', 'block 11 2 0x0 0', $enxio);
insn('block of 4097 bytes', 'block 11 0 0x0 4097', $enxio);
insn('block across the end of a page', 'block 11 0 0x100000fff 2', $enxio);
insn('page-sized block across the end of a page', 'block 11 0 0x100000001 4096', $enxio);
insn('block to beyond the BAR', 'block 11 2 0x1000 8', $enxio);
insn('block to beyond the data BAR', 'block 11 0 0x1000000000000 8', $enxio);
insn('block to an unregistered buffer', 'block 11 0 0x100000000 8', $eio);
insn('block to an unregistered buffer at the end of the BAR', 'block 11 0 0xffffffffffff 1', $eio);
insn('block whose source crosses a page', 'block 11 2 0x300 16 4090', $ok);
insn('the same on a function that refuses it', 'block 12 2 0x300 16 4090', $enxio);
insn('block whose source ends with the page, on that function', 'block 12 2 0x300 16 4080', $ok);

# ---- commands ----

command('read the GID', '11', 0x3, '', 0);
insn('the response has the GID', 'load 11 2 0x8 8', $ok, '49534d0000000011');
insn('the response has its length', 'load 11 2 0x6 2', $ok, '0010');
insn('the response repeats the command code', 'load 11 2 0x0 4', $ok, '00000003');
command('an unknown command', '11', 0x77, '', 1);
command('a wrong length', '11', 0x3, '0' x 16, 2);
command('unregister an SBA without having one', '11', 0x11, '', 3);
command('register a misaligned SBA', '11', 0x1, '0000000100000008', 5);
command('a buffer without an SBA', '11', 0xa, '0' x 64, 8);
command('query the other GID', '11', 0x9, '49534d0000000012' . hex_of(0, 0), 0);
command('query an unused GID', '11', 0x9, '49534d0000000013' . hex_of(0, 0), 6);
command('add a VLAN', '11', 0x4, '0000000000000007', 0);
command('query the other GID in the VLAN', '11', 0x9, '49534d0000000012' . hex_of(1, 7), 6);
command('the other function adds the VLAN', '12', 0x4, '0000000000000007', 0);
command('query the other GID in the VLAN again', '11', 0x9, '49534d0000000012' . hex_of(1, 7), 0);
command('delete the VLAN', '11', 0x5, '0000000000000007', 0);
command('delete the VLAN again', '11', 0x5, '0000000000000007', 3);
insn('a header in two blocks: first', 'block 11 2 0x0 4 0 00000003', $ok);
insn('a header in two blocks: second', 'block 11 2 0x4 4 0 00000008', $ok);
insn('a header in two blocks is no command', 'load 11 2 0x4 2', $ok, '0000');
push @said, qr/^cmd 11 0x5 0x3$/;

# ---- misbehaviour ----

command('order a failure', '11', 0xfa04, hex_of(0x3, 0x1234), 0);
command('the next command fails', '11', 0x3, '', 0x1234);
command('the one after that succeeds', '11', 0x3, '', 0);
command('order 5 busy conditions', '11', 0xfa01, hex_of(4, 5, 0, 0));
insn('the kernel retries a busy load', 'load 11 2 0x4 2', $ok, '0000');
command('order a busy time', '11', 0xfa01, hex_of(4, 0, 0, 300000));
insn('the kernel retries a load while the function is busy', 'load 11 2 0x4 2', $ok, '0000');
command('order a note', '11', 0xfa06, hex_of(0, 4711), 0);
push @said, qr/^note 11 4711$/;

# Last, as this function cannot be used after it.
command('order the error state after two blocks', '11', 0xfa02, hex_of(2, 0x3b, 0, 0), 0);
insn('first block', 'block 11 0 0x100000000 8', $eio);
insn('the function is not in error state yet', 'load 11 2 0x4 2', $ok, '0000');
insn('second block', 'block 11 0 0x100000000 8', $eio);
insn('error state: load', 'load 11 2 0x4 2', $eio);
insn('error state: block', 'block 11 2 0x8 8', $eio);
insn('error state: store', 'store 11 2 0x8 8', $eio);
push @said, qr/^fault 11 error$/;
command('order to be unplugged', '12', 0xfa03, hex_of(1, 0, 0, 0));
push @said, qr/^fault 12 gone$/;

# ---- in the machine ----

my $job = "insmod /modules/ism-insn.ko\np=/sys/module/ism_insn/parameters\n";
for (0 .. $#cases) {
	$job .= "echo $cases[$_][1] >\$p/run && echo \"insn $_ \$(cat \$p/result)\" >>/results\n";
}

# Build QEMU first: 54-ism-judge, which may run in parallel, builds the kernel first.
Lab::get('build-qemu-ism');
my $kernel = Lab::get('build-kernel', 's390x-ism-7.3');

my $out = $ENV{VPW_KEEP} ? tempdir('vpw-ism-rules-XXXXXX', TMPDIR => 1) : tempdir(CLEANUP => 1);
diag("output is kept in $out") if $ENV{VPW_KEEP};
# The kernel has removed the unplugged function from its bus. Powering its slot on brings it
# back.
Lab::write_file("$out/job", "$job\n" . <<'JOB');
ism-clp $LAB_ISM1
ism-clp $LAB_NVME
i=0
while [ -e /sys/bus/pci/devices/0012:00:00.0 ] && [ $((i += 1)) -lt 1000 ]; do usleep 10000; done
[ ! -e /sys/bus/pci/devices/0012:00:00.0 ] && echo "the kernel has removed the function" >>/results
echo 1 >/sys/bus/pci/slots/00000012/power
[ -e /sys/bus/pci/devices/0012:00:00.0 ] && echo "the function is back" >>/results
echo load 12 2 0x0 8 >$p/run && echo "insn back $(cat $p/result)" >>/results
rmmod ism-insn
JOB
my $module = Lab::test_module($kernel, 'tests/ism-lab/insn', 'ism-insn');
ok(Lab::boot($kernel, $out, '--ism', 2, '--no-trace', '--module', $module,
		'--file', Lab::guest_program('ism-clp', 's390x'), '--qemu', '-set device.ism2.source-page=on'),
	'all instructions are executed, and the kernel reports no fault')
	or do { done_testing; exit };

my $results = Lab::read_file("$out/results");
for ('the kernel has removed the function', 'the function is back', 'insn back 0 0000000000000000',
	'clp 0011:00:00.0 group 0xfe flags 0x09 maxstbl 4096',
	# Functions of other types are unchanged.
	'clp 0001:00:00.0 group 0xff flags 0x01 maxstbl 128') {
	like($results, qr/^$_$/m, $_);
}

my %got = map { /^insn (\d+) (-?\d+) (\w+)$/ ? ($1 => [ $2, $3 ]) : () } split /\n/, $results;
for (0 .. $#cases) {
	my ($what, $insn, $ret, $loaded) = @{$cases[$_]};
	my ($ret_got, $loaded_got) = @{$got{$_} // [ 'nothing', '' ]};
	$loaded_got = substr $loaded_got, -length $loaded if defined $loaded;
	ok($ret_got eq $ret && (!defined $loaded || $loaded eq $loaded_got), $what)
		or diag("$insn: got $ret_got, $loaded_got; expected $ret, " . ($loaded // 'any'));
}

my $log = ZpciLog::read_function_log("$out/ism.log");
my @lines = map { join ' ', @$_[1 .. $#$_] } @{$log->{said}};
for my $regex (@said) {
	ok((grep { $_ =~ $regex } @lines), "the log has $regex");
}
my @busy = grep { $_->{result} eq 'busy' } @{$log->{insns}};
cmp_ok(scalar @busy, '>=', 5 + 2, 'the function is busy when ordered to be');
is_deeply([ grep { $_->{insn} eq 'PCISTG' && $_->{result} !~ /^(refused|error)$/ } @{$log->{insns}} ],
	[], 'no store is accepted');

done_testing;
