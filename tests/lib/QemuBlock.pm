# SPDX-License-Identifier: GPL-2.0-only
#
# Tests qemu/steps without nesting: a guest executes PCI instructions, and a fake VFIO logs the
# requests that QEMU makes for them. The expected outcome is computed here from the rules.
package QemuBlock;

use strict;
use warnings;

use Test::More;

use Lab;
use QemuVfio;

no warnings 'portable';

my ($ok, $eio, $enxio) = (QemuVfio::OK, QemuVfio::EIO, QemuVfio::ENXIO);
my $function = QemuVfio::FUNCTION;

my ($qemu, $kernel);

# [ instruction, return value, bytes loaded, expected requests ]
my @cases;

sub case {
	push @cases, [ @_ ];
}

# COUNT bytes, with no two equal neighbours.
sub bytes {
	my ($count, $first) = @_;

	return join '', map { sprintf '%02x', ($first + 7 * $_) & 0xff } 0 .. $count - 1;
}

sub block {
	my ($off, $len, $source, $hex) = @_;

	return sprintf 'block %x 0 0x%x %u %u %s', $function, $off, $len, $source, $hex;
}

# Splits [ off, len ] into the widest naturally aligned accesses.
sub natural {
	my ($off, $len) = @_;
	my @parts;

	while ($len) {
		my $width = 8;

		$width /= 2 while $width > $len || $off % $width;
		push @parts, [ $off, $width ];
		$off += $width;
		$len -= $width;
	}
	return @parts;
}

# The log's lines for the parts of a request that succeeds.
sub requests {
	my ($rw, $hex, $bar, @parts) = @_;
	my $first = $parts[0][0];

	return map {
		sprintf '%s %u 0x%x %u %u %s', $rw, $bar, @{$_}[0, 1, 1],
			substr $hex, 2 * ($_->[0] - $first), 2 * $_->[1]
	} @parts;
}

# Loads of each length at each offset of a doubleword.
sub loads {
	my ($whole) = @_;
	my $hex = bytes(64, 3);

	# Fill 8 doublewords.
	case(block(0x200, 64, 0, $hex), $ok, undef, requests('write', $hex, 0, $whole->(0x200, 64)));
	for my $off (0 .. 7) {
		for my $len (0 .. 8) {
			my $fits = $len && $off + $len <= 8;
			my $at = 0x200 + 8 * $off + $off;
			my $value = substr $hex, 2 * ($at - 0x200), 2 * $len;

			case("load 4 0 " . sprintf('0x%x', $at) . " $len", $fits ? ($ok, $value) : ($enxio, undef),
				$fits ? requests('read', $value, 0, $whole->($at, $len)) : ());
		}
	}
}

# { PAGE => [ return value of the request, condition code ] } for pages with an error.
my %errors = (0x8000 => [ -5, $eio ], 0x9000 => [ -6, $enxio ], 0xa000 => [ -16, $eio ],
	0xb000 => [ -14, $eio ], 0xc000 => [ undef, $eio ]);

sub failures {
	my ($block, $stores) = @_;

	for my $page (sort { $a <=> $b } keys %errors) {
		my ($ret, $result) = @{$errors{$page}};
		my $line = sub {
			my ($rw, $len, $hex) = @_;

			return sprintf '%s 0 0x%x %u %d %s', $rw, $page, $len, $ret // $len / 2,
				defined $ret ? '' : $hex;
		};
		my $hex = bytes($block, $page >> 8);

		case("load 4 0 " . sprintf('0x%x', $page) . " 8", $result, undef, $line->('read', 8, '00' x 4));
		case(sprintf('store 4 0 0x%x 8 0 %s', $page, substr $hex, 0, 16), $result, undef,
			$line->('write', 8, substr $hex, 0, 8)) if $stores;
		case(block($page, $block, 0, $hex), $result, undef, $line->('write', $block, substr $hex, 0, $block));
	}
}

# Boots and compares all of @cases.
sub check {
	my ($name, $settings, $flags, $maxstbl) = @_;
	my $run = QemuVfio::run($kernel, $qemu, $settings, map { $_->[0] } @cases);
	my @wanted = map { @{$_}[3 .. $#$_] } @cases;
	my (@wrong, $i);

	ok($run->{booted}, "$name: the guest finishes") or diag($run->{console});
	is_deeply($run->{clp}{4}, [ $flags, $maxstbl ], sprintf "%s: CLP says flags 0x%02x, maxstbl %u", $name,
		$flags, $maxstbl);
	is_deeply($run->{clp}{1}, [ 0x01, 128 ], "$name: CLP is unchanged for an emulated function");
	is(scalar @{$run->{results}}, scalar @cases, "$name: " . @cases . ' instructions are executed');
	for my $result (@{$run->{results}}) {
		my $case = $cases[$i++ // 0];
		my $value = defined $case->[2] ? ('0' x (16 - length $case->[2])) . $case->[2] : $result->[1];

		push @wrong, "$case->[0]: $result->[0] $result->[1], should be $case->[1] $value"
			if $result->[0] != $case->[1] || $result->[1] ne $value;
	}
	is(scalar @wrong, 0, "$name: the instructions have the right outcome") or diag(join "\n", splice @wrong, 0, 10);
	my @seen = map { s/\s+$//r } @{$run->{requests}};
	@wanted = map { s/\s+$//r } @wanted;
	my ($first) = grep { ($seen[$_] // '') ne ($wanted[$_] // '') } 0 .. (@seen > @wanted ? $#seen : $#wanted);
	ok(!defined $first, "$name: they make the " . @wanted . ' expected requests') or
		diag('request ' . $first . ' is "' . ($seen[$first] // 'none') . '", should be "' .
			($wanted[$first] // 'none') . '"');
	my @failed = map { /^(\w+ \d+ \w+ (\d+)) (-?\d+)/ && $2 != $3 ? $1 : () } @wanted;
	my @reported = $run->{console} =~ /vfio_region_block_(\w+\([^ :]+:region\d\+\w+, \d+)\) failed: /g;
	is_deeply([ map { s/\([^ ]+:region(\d)\+(\w+),/ $1 $2/r } @reported ], \@failed,
		"$name: QEMU reports the " . @failed . ' requests that fail');
	@cases = ();
}

# ---- strict alignment ----

# The function takes blocks of up to $longest bytes; one of up to $max bytes is one write.
sub strict {
	my ($max, $longest) = @_;
	my $whole = sub {
		my ($off, $len) = @_;

		return $len > 8 && $len <= $max ? [ $off, $len ] : natural($off, $len);
	};

	for my $len (map { 8 * $_ } 0 .. 17) {
		my $hex = bytes($len || 8, $len);
		my $good = $len > 8 && $len <= $longest;

		case(block(0x100, $len, 0, $hex), $good ? $ok : $enxio, undef,
			$good ? requests('write', $hex, 0, $whole->(0x100, $len)) : ());
	}
	my $hex = bytes(16, 9);
	case(block(0x104, 16, 0, $hex), $enxio);
	case(block(0x100, 20, 0, $hex), $enxio);
	case(block(0x100, 16, 4, $hex), $enxio);
	case(block(0xff0, 32, 0, $hex), $enxio);
	case(block(0x100000, 16, 0, $hex), $enxio);
	# A BAR that the function does not have, and offsets beyond one.
	case("block 4 4 0x0 16 0 $hex", $enxio);
	case($_, $enxio) for 'load 4 4 0x0 8', 'store 4 4 0x0 8', 'load 4 0 0x100000 8', 'load 4 0 0xfffffffffffffff8 8';
	# A block that begins in the MSI-X table, which QEMU emulates.
	$hex = bytes(64, 11);
	case("block 4 2 0x1000 64 0 $hex", $ok, undef,
		requests('write', substr($hex, 64), 2, $whole->(0x1020, 32)));
	case('load 4 2 0x1018 8', $ok, substr $hex, 48, 16);
	loads($whole);
	for my $len (1 .. 8) {
		my $at = 0x300 + 8 * $len;
		my $value = bytes(8, $len);
		my $stored = substr $value, 16 - 2 * $len;

		case(sprintf('store 4 0 0x%x %u 0 %s', $at, $len, $value), $ok, undef,
			requests('write', $stored, 0, natural($at, $len)));
		case(sprintf('load 4 0 0x%x 8', $at), $ok, $stored . '00' x (8 - $len),
			requests('read', $stored . '00' x (8 - $len), 0, [ $at, 8 ]));
	}
	return $whole;
}

# A function that QEMU emulates, independent of VFIO: a block's bytes have the right order.
sub emulated {
	my $hex = bytes(128, 5);

	case("block 1 2 0x1000 128 0 $hex", $ok);
	for my $off (0, 8, 64, 120) {
		case(sprintf('load 1 2 0x%x 8', 0x1000 + $off), $ok, substr $hex, 2 * $off, 16);
	}
	for my $len (1 .. 7) {
		case(sprintf('load 1 2 0x%x %u', 0x1000, $len), $ok, substr $hex, 0, 2 * $len);
		case(sprintf('store 1 2 0x%x %u 0 %s', 0x1100, $len, '00' x (8 - $len) . 'a1b2c3d4e5f60718' =~ s/.{@{[16 - 2 * $len]}}$//r), $ok);
		case(sprintf('load 1 2 0x%x %u', 0x1100, $len), $ok, substr 'a1b2c3d4e5f60718', 0, 2 * $len);
	}
}

sub test_strict {
	strict(128, 128);
	failures(128, 1);
	emulated();
	check('strict', 'feature=1', 0x21, 128);

	strict(8, 128);
	for my $page (0x8000, 0x9000) {
		my ($ret, $result) = @{$errors{$page}};

		case(block($page, 64, 0, bytes(64, 1)), $result, undef, sprintf 'write 0 0x%x 8 %d', $page, $ret);
	}
	check('strict, a kernel without the feature', 'feature=0', 0x21, 128);

	# A block up to the hole, one over its start, and one over its end.
	for my $case ([ 0x3e0, 32, [ 0x3e0, 32 ] ], [ 0x3e0, 48, natural(0x3e0, 48) ],
		[ 0x410, 48, natural(0x410, 16), [ 0x420, 32 ] ]) {
		my ($off, $len, @parts) = @$case;
		my $hex = bytes($len, $off);

		case(block($off, $len, 0, $hex), $ok, undef, requests('write', $hex, 0, @parts));
	}
	check('strict, a hole', 'feature=1 hole=1', 0x21, 128);

	strict(8, 128);
	check('strict, limited to 8 bytes', 'feature=1 block=8', 0x21, 128);

	# A kernel whose capability has longer blocks than QEMU's old buffer.
	for my $len (136, 1024, 4096) {
		my $given = $len < 250 ? $len : 250;
		my $hex = bytes($given, 1);

		case(block(0, $len, 0, $hex), $ok, undef,
			requests('write', $hex . substr($hex, -2) x ($len - $given), 0, natural(0, $len)));
	}
	check('strict, blocks of 4096', 'feature=0 maxstbl=4096', 0x21, 4096);
}

# ---- relaxed alignment ----

# An ISM function in the host's group $group: simulated ones begin at 0xf0, and QEMU, which has
# these, says nothing of the function's type.
sub test_relaxed {
	my ($group) = @_;
	my $whole = sub { return [ @_ ] };
	for my $len (0 .. 72, map { ($_ - 1, $_, $_ + 1) } 128, 256, 512, 1024, 2048, 4096) {
		my $off = $len < 3000 ? 0x101 + $len % 8 : 0;
		my $good = $len && $len <= 4096;
		my $hex = bytes($len > 250 ? 250 : $len || 1, $len);
		my $all = $len > 250 ? $hex . substr($hex, -2) x ($len - 250) : $hex;

		case(block($off, $len, $len % 13, $hex), $good ? $ok : $enxio, undef,
			$good ? requests('write', $all, 0, [ $off, $len ]) : ());
	}
	case(block(0xffe, 3, 0, '010203'), $enxio);
	case(block(0x100, 100, 4090, '01'), $ok, undef, requests('write', '01' x 100, 0, [ 0x100, 100 ]));
	loads($whole);
	case(sprintf('store 4 %u 0x100 %u 0 0102030405060708', @$_), $enxio) for map { ([ 0, $_ ], [ 2, $_ ]) } 1 .. 8;
	failures(100, 0);
	check("ISM, group $group", "ism=1 feature=1 group=$group" . ($group < 0xf0 ? '' : ' type=0'), 0x09, 4096);
}

# ---- DMA and the reset of a function ----

# Executes the instructions. Returns the run, and the maps among the requests.
sub dma {
	my ($name, $settings, @insns) = @_;
	my $run = QemuVfio::run($kernel, $qemu, "feature=1 dma=1 $settings", @insns);

	ok($run->{booted}, "$name: the guest finishes") or diag($run->{console});
	return ($run, grep { /^(un)?map / } @{$run->{requests}});
}

sub outcomes {
	my ($run) = @_;

	return join ' ', map { $_->[0] } @{$run->{results}};
}

sub test_dma {
	my ($run, @all) = dma('a reset', '', 'dma 4 0 0x0 1', 'reset 4');
	my $addr = sprintf '0x%x', hex($run->{results}[0][1] // 0);
	my @maps = grep { /^(un)?map $addr$/ } @all;

	is($maps[0] // '', "map $addr", 'before the reset, a page is mapped');
	is($maps[-1] // '', "map $addr", 'after the reset, the page is mapped: ' . join ', ', @maps);
	cmp_ok(scalar @maps, '>', 1, 'the reset maps the page again');

	# Three resets would exhaust the limit if dropped translations still counted.
	($run, @all) = dma('a limit', 'avail=3', 'dma 4 0 0x0 1', ('reset 4') x 3, 'dma 4 0 0x0 1');
	$addr = sprintf '0x%x', hex($run->{results}[0][1] // 0);
	is(outcomes($run), '0 0 0 0 0', 'a limit: resets do not count against it');
	is(scalar(grep { $_ eq "map $addr" } @all), 4, 'a limit: each reset maps the page again');

	# Each change would lower the limit if the page that it replaces still counted.
	($run, @all) = dma('changes', 'avail=3', 'dma 4 0 0x0 1', ('change 4 0 0x0 1') x 4, 'dma 4 0 0x0 1');
	$addr = sprintf '0x%x', hex($run->{results}[0][1] // 0);
	is(outcomes($run), '0 0 0 0 0 0', 'changes: a changed translation counts once against the limit');
	is_deeply([ grep { /map $addr$/ } @all ], [ "map $addr", ("unmap $addr", "map $addr") x 4 ],
		'changes: each one replaces the page');

	# Without refreshes, QEMU learns two translations when the function is reset. Linux reports
	# no error if it cannot register its tables then, but the function stays disabled.
	my @two = (('dma 4 0 0x0 1') x 2, 'reset 4', 'load 4 0 0x0 8');
	($run, @all) = dma('a limit that suffices', 'refresh=0 avail=2', @two);
	is(outcomes($run), '0 0 0 0', 'a limit that suffices: the function is reset');
	is(scalar(grep { /^map / } @all), 2, 'a limit that suffices: the reset maps both pages');
	($run, @all) = dma('a limit that does not suffice', 'refresh=0 avail=1', @two);
	is(outcomes($run), "0 0 0 $eio", 'a limit that does not suffice: the function is disabled');
	cmp_ok(scalar(grep { /^unmap / } @all), '>', 0, 'a limit that does not suffice: what was mapped is unmapped');
}

# NVMe, which QEMU emulates, fetches commands from a page before and after a reset. Without a
# translation, the function ends in the error state.
sub test_emulated_dma {
	# Enable bus mastering. The bytes of a store are at the right end of a register.
	my $command = 'store 1 15 0x4 2 0 0000000000000600';
	my @fetch = map { sprintf 'store 1 0 0x1000 4 0 00000000%02x000000', $_ } 1, 2;

	case('dma 1 0 0x0 1', $ok);
	case($command, $ok);
	# Put the admin queues into that page, and enable the controller.
	case('store 1 0 0x24 4 0 000000000f000f00', $ok);
	case("store 1 0 $_ 8 0 DMA", $ok) for '0x28', '0x30';
	case('store 1 0 0x14 4 0 0000000001004600', $ok);
	for my $fetch (@fetch) {
		case($command, $ok);
		case($fetch, $ok);
		case('wait', $ok);
		case('load 1 0 0x1c 4', $ok, '01000000');
		case('reset 1', $ok) if $fetch eq $fetch[0];
	}
	check('DMA of an emulated function', 'feature=1', 0x21, 128);
}

# ---- refused ----

sub test_refused {
	my $reason = qr/ISM functions need zPCI interpretation, or a host kernel that carries store blocks of any length \(VFIO_DEVICE_FEATURE_REGION_ACCESS\)/;
	my @command = qw(-M s390-ccw-virtio -accel tcg -nodefaults -display none -S);
	my %refused = ('without the feature' => 'ism=1 feature=0', 'limited to 8 bytes' => 'ism=1 feature=1 block=8',
		'without the feature, in a guest' => 'ism=1 feature=0 type=0');

	for my $which (sort keys %refused) {
		my $dir = QemuVfio::machine($qemu, $refused{$which});
		my $said = qx{timeout 60 '$dir/qemu-system-s390x' @command 2>&1 </dev/null};

		is($? >> 8, 1, "a kernel $which: an ISM function is refused");
		like($said, $reason, "a kernel $which: QEMU says why");
	}

	# A refused function leaves its zpci device usable: for another device_add, and for
	# device_del, and with the properties that it was given.
	my @properties = map { "qom-get zpci $_" } qw(interpret forwarding-assist relaxed-translation);
	my $dir = QemuVfio::machine($qemu, 'ism=1 feature=0', 1);
	my $add = "device_add vfio-pci,id=function,sysfsdev=$dir/function";
	Lab::write_file("$dir/commands", join '', map { "$_\n" } $add, $add, @properties, 'device_del zpci',
		'info status', 'quit');
	local $ENV{MALLOC_PERTURB_} = 165;
	my $said = qx{timeout 60 '$dir/qemu-system-s390x' @command -monitor stdio 2>&1 <'$dir/commands'};
	is($?, 0, 'hotplug: QEMU survives a refused function') or diag($said =~ s/^\(qemu\).*\n//mgr);
	is(scalar(() = $said =~ /$reason/g), 2, 'hotplug: the function is refused, both times');
	is(scalar(() = $said =~ /^true\r?$/mg), 3, 'hotplug: its zpci device keeps its properties');
	like($said =~ s/^\(qemu\).*\n//mgr, qr/^VM status: /m, 'hotplug: its zpci device can be removed');
}

# All tests, of QEMU $version.
sub test_blocks {
	my ($version) = @_;

	$qemu = Lab::get('build-qemu-vfio', $version);
	$kernel = Lab::get('build-kernel', 's390x-ism-7.3');
	test_strict();
	test_relaxed($_) for 1, 254;
	test_dma();
	test_emulated_dma();
	test_refused();
}

1;
