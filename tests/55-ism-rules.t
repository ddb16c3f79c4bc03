#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# The rules of the model of an ISM function, instruction by instruction: what it takes and
# what it refuses, and the commands that have it misbehave. tests/ism-lab/insn has the
# kernel execute them.
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

# [ what it is, "KIND FID SPACE OFFSET LENGTH [SOURCE [HEX]]", return value, bytes loaded ]
my @cases;
# What has to be said in the log, as regular expressions, in this order.
my @said;

sub insn {
	push @cases, [ @_ ];
}

# Both parts of a command, and the return value in its response.
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
insn('16 bytes of the command BAR, which no command are', "block 11 2 0x100 16 0 $bytes", $ok);
for my $off (0 .. 7) {
	for my $len (0 .. 9) {
		my $fits = $len && $off + $len <= 8;
		insn("load $len at $off of a doubleword", sprintf('load 11 2 0x%x %d', 0x100 + $off, $len),
			$fits ? ($ok, substr $bytes, 2 * $off, 2 * $len) : $enxio);
	}
}
insn('load from the data BAR', 'load 11 0 0x0 8', $eio);
insn('load from behind the BAR', 'load 11 2 0x1000 8', $enxio);
insn('load from no BAR', 'load 11 4 0x0 8', $enxio);

# ---- stores ----

for my $space (0, 2) {
	insn("store of $_ to BAR $space", "store 11 $space 0x100 $_", $enxio) for 1, 2, 4, 8;
}

# ---- blocks ----

insn("block of $_ at an odd offset", "block 11 2 0x201 $_ 3", $ok) for 1 .. 9, 63, 128, 129, 2000;
insn('block of a whole page', 'block 11 2 0x0 4096 0 ff', $ok);
insn('block of nothing', 'block 11 2 0x0 0', $enxio);
insn('block of more than a page', 'block 11 0 0x0 4097', $enxio);
insn('block over the end of a page', 'block 11 0 0x100000fff 2', $enxio);
insn('block over the end of a page by all but one', 'block 11 0 0x100000001 4096', $enxio);
insn('block to behind the BAR', 'block 11 2 0x1000 8', $enxio);
insn('block to behind the data BAR', 'block 11 0 0x1000000000000 8', $enxio);
insn('block to no buffer', 'block 11 0 0x100000000 8', $eio);
insn('block to no buffer, at the end of the BAR', 'block 11 0 0xffffffffffff 1', $eio);
insn('block whose source crosses a page', 'block 11 2 0x300 16 4090', $ok);
insn('the same where that is refused', 'block 12 2 0x300 16 4090', $enxio);
insn('up to the end of the page there', 'block 12 2 0x300 16 4080', $ok);

# ---- commands ----

command('read the GID', '11', 0x3, '', 0);
insn('the GID', 'load 11 2 0x8 8', $ok, '49534d0000000011');
insn('its length', 'load 11 2 0x6 2', $ok, '0010');
insn('what it is the response to', 'load 11 2 0x0 4', $ok, '00000003');
command('no command', '11', 0x77, '', 1);
command('a wrong length', '11', 0x3, '0' x 16, 2);
command('unregister no SBA', '11', 0x11, '', 3);
command('register an SBA that is not aligned', '11', 0x1, '0000000100000008', 5);
command('a buffer without an SBA', '11', 0xa, '0' x 64, 8);
command('is the other there', '11', 0x9, '49534d0000000012' . hex_of(0, 0), 0);
command('is nobody there', '11', 0x9, '49534d0000000013' . hex_of(0, 0), 6);
command('add a VLAN', '11', 0x4, '0000000000000007', 0);
command('is the other in it', '11', 0x9, '49534d0000000012' . hex_of(1, 7), 6);
command('the other adds it', '12', 0x4, '0000000000000007', 0);
command('is it now', '11', 0x9, '49534d0000000012' . hex_of(1, 7), 0);
command('delete it', '11', 0x5, '0000000000000007', 0);
command('delete it again', '11', 0x5, '0000000000000007', 3);
insn('a header in two parts: first', 'block 11 2 0x0 4 0 00000003', $ok);
insn('a header in two parts: second', 'block 11 2 0x4 4 0 00000008', $ok);
insn('is no command', 'load 11 2 0x4 2', $ok, '0000');
push @said, qr/^cmd 11 0x5 0x3$/;

# ---- misbehaviour ----

command('to fail', '11', 0xfa04, hex_of(0x3, 0x1234), 0);
command('fails', '11', 0x3, '', 0x1234);
command('once', '11', 0x3, '', 0);
command('to be busy', '11', 0xfa01, hex_of(4, 5, 0, 0));
insn('a load that is repeated', 'load 11 2 0x4 2', $ok, '0000');
command('to be busy for a time', '11', 0xfa01, hex_of(4, 0, 0, 3000));
insn('a load that is repeated for long', 'load 11 2 0x4 2', $ok, '0000');
command('to be noted', '11', 0xfa06, hex_of(0, 4711), 0);
push @said, qr/^note 11 4711$/;

# Last, as no more can be done with this one after that.
command('to go to error state after two blocks', '11', 0xfa02, hex_of(2, 0x3b, 0, 0), 0);
insn('one block', 'block 11 0 0x100000000 8', $eio);
insn('still there', 'load 11 2 0x4 2', $ok, '0000');
insn('two blocks', 'block 11 0 0x100000000 8', $eio);
insn('in error: load', 'load 11 2 0x4 2', $eio);
insn('in error: block', 'block 11 2 0x8 8', $eio);
insn('in error: store', 'store 11 2 0x8 8', $eio);
push @said, qr/^fault 11 error$/;
command('to be gone', '12', 0xfa03, hex_of(1, 0, 0, 0));
push @said, qr/^fault 12 gone$/;

# ---- in the machine ----

my $job = "insmod /modules/ism-insn.ko\np=/sys/module/ism_insn/parameters\n";
for (0 .. $#cases) {
	$job .= "echo $cases[$_][1] >\$p/run && echo \"insn $_ \$(cat \$p/result)\" >>/results\n";
}

# While 54-ism-judge builds the kernel.
Lab::get('build-qemu-ism');
my $kernel = Lab::get('build-kernel', 's390x-ism-7.3');

my $out = $ENV{VPW_KEEP} ? tempdir('vpw-ism-rules-XXXXXX', TMPDIR => 1) : tempdir(CLEANUP => 1);
diag("output is kept in $out") if $ENV{VPW_KEEP};
# The kernel has taken the one that is gone from its bus. It can be had back.
Lab::write_file("$out/job", "$job\n" . <<'JOB');
ism-clp $LAB_ISM1
ism-clp $LAB_NVME
[ ! -e /sys/bus/pci/devices/0012:00:00.0 ] && echo "the kernel knows that it is gone" >>/results
echo 1 >/sys/bus/pci/slots/00000012/power
[ -e /sys/bus/pci/devices/0012:00:00.0 ] && echo "it is back" >>/results
echo load 12 2 0x0 8 >$p/run && echo "insn back $(cat $p/result)" >>/results
rmmod ism-insn
JOB
my $module = Lab::test_module($kernel, 'tests/ism-lab/insn', 'ism-insn');
ok(Lab::boot($kernel, $out, '--ism', 2, '--no-trace', '--module', $module,
		'--file', Lab::guest_program('ism-clp', 's390x'), '--qemu', '-set device.ism2.source-page=on'),
	'all instructions are executed, and nobody complains')
	or do { done_testing; exit };

my $results = Lab::read_file("$out/results");
for ('the kernel knows that it is gone', 'it is back', 'insn back 0 0000000000000000',
	'clp 0011:00:00.0 group 0xfe flags 0x09 maxstbl 4096',
	# A function of another kind is as it was.
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
cmp_ok(scalar @busy, '>=', 5 + 2, 'the function was busy when told to be');
is_deeply([ grep { $_->{insn} eq 'PCISTG' && $_->{result} !~ /^(refused|error)$/ } @{$log->{insns}} ],
	[], 'no store was taken');

done_testing;
