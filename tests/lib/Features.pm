# SPDX-License-Identifier: GPL-2.0-only
#
# What the rework changes besides requests on BARs: ioeventfds, both windows of the
# device's file, mappings, the VGA ranges, what VFIO says of a region, the
# tracepoint. All on one kernel in one boot: stock first, then the livepatch, then
# replacement modules.
package Features;

use strict;
use warnings;

use Test::More;

use Lab;
use Steps;

use constant { EINVAL => 22, CAPS => 8, ACCESS_WIDTH => 6, MSIX_MAPPABLE => 3 };

# How often ioeventfds without memory decode come and go, and where.
use constant { STORM => 200, STORM_OFF => 0x2000 };

use constant LIMIT => '/sys/module/vfio_pci_core/parameters/bar_max_width';

my @WINDOWS = qw(legacy large);
my $LARGE = 1 << 62;

my $t;

sub reopen {
	$t->step('reopen', $_) for @_;
}

# ---- VGA ----

sub plan_vga {
	my ($max) = @_;

	$t->group("VGA memory: $max at most");
	$t->request($_, 'vga', 0x800, 8, max => $max) for qw(write read);
	$t->request($_, 'vga', 0x803, 13, max => $max) for qw(write read);
	$t->request('read', 'vga', 0x840, 64, max => $max);
	$t->group('VGA ports: 4 at most');
	$t->request($_, 'vgaport', 0, 8) for qw(read write);
	$t->request('read', 'vgaport', 3, 13);
}

# ---- ioeventfds ----

sub limited_ioeventfds {
	my ($edu, $nic) = @_;

	$t->ioeventfd('edu', 0x1000, 8, max => $edu);
	$t->ioeventfd('nic', 0x40, 8, max => $nic);
}

sub plan_ioeventfds {
	for my $window (@WINDOWS) {
		$t->group("ioeventfd: one access of its width, by the $window window");
		for my $width (1, 2, 4, 8) {
			$t->ioeventfd('edu', 0x1000 + 8 * $width, $width, window => $window);
			$t->ioeventfd('nic', 8 * $width, $width, window => $window);
		}
		$t->ioeventfd('port', 4, $_, window => $window) for 1, 2, 4;
	}
	$t->group('ioeventfd: split where it lies badly');
	$t->ioeventfd('edu', 0x1000 + $_, 8) for 1 .. 7;
	$t->ioeventfd('nic', $_->[0], $_->[1]) for [1, 2], [1, 4], [2, 4], [3, 4], map { [$_, 8] } 1 .. 7;
	$t->ioeventfd('port', $_->[0], $_->[1]) for [1, 2], [2, 4], [8, 8];
	$t->group('ioeventfd: bar_max_width holds, from when the device is opened');
	my @widths = (8, 8);
	for my $limit ([ 4, 4, 4 ], [ '8,1234:11e8:2', 2, 8 ], [ 2, 2, 2 ], [ '10ec:8139:4', 8, 4 ], [ 0, 8, 8 ]) {
		$t->step('file', LIMIT, $limit->[0]);
		limited_ioeventfds(@widths);
		reopen(qw(edu nic));
		(undef, @widths) = @$limit;
		limited_ioeventfds(@widths);
	}
}

sub refuse_ioeventfd {
	my ($dev, $pos, $width) = @_;

	$t->result({ ret => -1, errno => EINVAL }, 'assign', $dev, $pos, $width, 1);
}

sub plan_refused_ioeventfds {
	for my $window (@WINDOWS) {
		my $at = sub { Steps::position(@_, $window) };

		$t->group("ioeventfd: none into the MSI-X table, by the $window window");
		refuse_ioeventfd('nvme', $at->('nvme', $_->[0]), $_->[1])
			for [0x2000, 4], [0x2000, 8], [0x1ffc, 8], [0x240f, 1], [0x240c, 8];
		# The doorbells before it and the void behind it.
		for my $off (0x1ff8, 0x2410) {
			$t->result({}, $_, 'nvme', $at->('nvme', $off), 8, 1) for qw(assign deassign);
		}
		$t->group("ioeventfd: none beyond the BAR, by the $window window");
		refuse_ioeventfd('edu', $at->('edu', $_), 8) for 0xffff9, 0x100000, (1 << 40) - 8, 1 << 40;
	}
	$t->group('ioeventfd: none where there is no BAR');
	refuse_ioeventfd('edu', $_, 8) for 3 << 40, $LARGE + (3 << 56), 1 << 61, (1 << 62) - 8, 1 << 63,
		~7, (map { $_ << 40 } 6 .. 9, 0xffff), map { $LARGE + ($_ << 56) } 6 .. 9, 63;
}

sub plan_ioeventfd_without_decode {
	$t->group('ioeventfd: no access without memory decode');
	$t->step('decode', 'edu', 'off');
	$t->ioeventfd('edu', 0x1000, 8, quiet => 1);
	$t->result({ value => STORM }, 'storm', 'edu', Steps::position('edu', STORM_OFF, 'legacy'), 8, 1, STORM);
	$t->step('decode', 'edu', 'on');
	$t->ioeventfd('edu', 0x1000, 8);
}

# ---- both windows ----

# $reported: in which of them VFIO_DEVICE_GET_REGION_INFO says that BARs are.
sub plan_windows {
	my ($reported) = @_;

	for my $window (@WINDOWS) {
		my @window = (window => $window);

		$t->group("requests by the $window window, the $reported one reported");
		for my $rw (qw(write read)) {
			$t->request($rw, 'edu', 0x1000, $_, @window) for 1, 2, 4, 8, 24;
			$t->request($rw, 'nic', 3, $_, @window) for 1, 2, 4, 8, 24;
			$t->request($rw, 'port', 2, $_, @window) for 1, 2, 4, 8;
			$t->request($rw, 'edu', $_, 8, @window, errno => EINVAL) for 0x100000, 1 << 40;
		}
	}
	$t->group("where regions are, the $reported one reported");
	for my $region ([edu => 0], [nic => 0], [nic => 1], [memory => 2], [nicx => 6], [edu => 7], [nicx => 7]) {
		my ($dev, $index) = @$region;
		my $pos = $reported eq 'large' && $index < 6 ? $LARGE + ($index << 56) : $index << 40;
		my $id = $t->result({}, 'info', $dev, $index, 4096);

		$t->check(sub {
			my $got = $t->{info}{$id}{pos};
			return $got == $pos ? () : sprintf '%s %u is at %#x', $dev, $index, $got;
		});
	}
	$t->request('read', 'rom', 0, 8);
	$t->group("nothing else in the large window, the $reported one reported");
	for my $index (6 .. 63) {
		$t->result({ ret => -1, errno => EINVAL }, 'read', 'nicx', $LARGE + ($index << 56), 4);
	}
	$t->result({ ret => -1, errno => EINVAL }, 'read', 'edu', 1 << 61, 4);
}

# ---- mappings ----

sub plan_mappings {
	my $size = 0x400000;
	my %at = map { $_ => Steps::position('memory', 0, $_) } @WINDOWS;

	$t->group('mmap: both windows show the same memory');
	my %map = map { $_ => $t->result({}, 'map', 'memory', $at{$_}, $size) } @WINDOWS;
	for my $off (0, 0x1000, 0x200004, $size - 4) {
		$t->result({}, 'poke', $map{legacy}, $off, 0x12345678 + $off);
		$t->result({ value => 0x12345678 + $off }, 'peek', $map{large}, $off);
		$t->result({ ret => 4, value => 0x12345678 + $off }, 'read', 'memory', $at{$_} + $off, 4)
			for @WINDOWS;
		$t->result({}, 'poke', $map{large}, $off, 0x9abcdef0 - $off);
		$t->result({ value => 0x9abcdef0 - $off }, 'peek', $map{legacy}, $off);
	}
	my $part = $t->result({}, 'map', 'memory', $at{large} + 0x1000, 0x2000);
	$t->result({ value => 0x9abcdef0 - 0x1000 }, 'peek', $part, 0);

	$t->group('mmap: not beyond the BAR, not where there is none');
	for my $begin (values %at) {
		$t->result({ ret => -1, errno => EINVAL }, 'map', 'memory', $begin + $_->[0], $_->[1])
			for [0, $size + 0x1000], [$size, 0x1000], [$size - 0x1000, 0x2000], [1 << 39, 0x1000], [1 << 40, 0x1000];
	}
	$t->result({ ret => -1, errno => EINVAL }, 'map', 'memory', $_, 0x1000)
		for $LARGE + (3 << 56), $LARGE + (6 << 56), $LARGE + (9 << 56), 1 << 61, 3 << 40, 9 << 40;

	$t->group('mmap: without memory decode SIGBUS in both windows');
	$t->step('decode', 'memory', 'off');
	for my $map (@map{@WINDOWS}, $part) {
		$t->result({ ret => -1 }, 'peek', $map, 0);
		$t->result({ ret => -1 }, 'poke', $map, 4, 1);
	}
	$t->step('decode', 'memory', 'on');
	for my $map (@map{@WINDOWS}) {
		$t->result({ value => 0x9abcdef0 }, 'peek', $map, 0);
		$t->result({}, 'poke', $map, 4, $map);
		$t->result({ value => $map }, 'peek', $map{$_}, 4) for @WINDOWS;
	}
}

# ---- what VFIO says of a region ----

# $cap: the capability's words (max_read, max_write, read_align, write_align,
# read_boundary, write_boundary), undef for none.
sub expect_info {
	my ($dev, $index, $cap, %opt) = @_;
	my $room = $opt{argsz} // 4096;
	my $id = $t->result({}, 'info', $dev, $index, $room);

	$t->check(sub {
		my ($info, $caps) = ($t->{info}{$id}, $t->{caps}{$id} // {});
		my $flag = $info->{flags} & CAPS ? 1 : 0;
		my $got = $caps->{+ACCESS_WIDTH} // 'none';
		my $wanted = $cap // 'none';
		my @faults;

		push @faults, "the capability is $got, should be $wanted" if $got ne $wanted;
		push @faults, 'the flag of capabilities is wrong' if $flag != ($opt{flag} // !!$cap);
		push @faults, 'no capability of MSI-X' if $opt{msix} && !exists $caps->{+MSIX_MAPPABLE};
		push @faults, "argsz is $info->{argsz}" if $info->{argsz} != ($opt{needed} // $room);
		return map { "region $index of $dev: $_" } @faults;
	});
}

# The widest access on memory of edu, on ports of nic, in nicx's ROM.
sub expect_limited_info {
	my ($edu, $nic, $rom) = @_;

	expect_info('edu', 0, "$edu $edu 0 0 $edu $edu");
	expect_info('nic', 0, "$nic $nic 0 0 $nic $nic");
	expect_info('nicx', 6, "$rom 0 0 0 $rom 0");
}

sub plan_info {
	my $memory = '8 8 0 0 8 8';

	$t->group('capability: of memory BARs');
	expect_info($_->[0], $_->[1], $memory) for [edu => 0], [nic => 1], [memory => 0], [memory => 2], [vga => 0];
	expect_info('nvme', 0, $memory, msix => 1);
	$t->group('capability: of I/O ports and of the ROM');
	expect_info('nic', 0, '4 4 0 0 4 4');
	expect_info('nicx', 6, '4 0 0 0 4 0');
	$t->group('capability: of nothing else');
	expect_info('edu', $_, undef) for 1 .. 7;
	expect_info('vga', $_, undef) for 7, 8;

	$t->group('capability: follows bar_max_width, from when the device is opened');
	my @widths = (8, 4, 4);
	for my $limit ([ 1, 1, 1, 1 ], [ 2, 2, 2, 2 ], [ 4, 4, 4, 4 ], [ 8, 8, 4, 4 ], [ 4096, 8, 4, 4 ],
		[ '2,1234:11e8:8,8086:10d3:1', 8, 2, 1 ], [ '1234:11e8:4,1234:11e8:2', 2, 4, 4 ], [ 0, 8, 4, 4 ]) {
		$t->step('file', LIMIT, $limit->[0]);
		expect_limited_info(@widths);
		reopen(qw(edu nic nicx));
		(undef, @widths) = @$limit;
		expect_limited_info(@widths);
	}

	# 32 bytes, and behind them those of the capabilities: 32, and 8 for MSI-X's.
	$t->group('capability: too little room for it');
	expect_info('edu', 0, undef, argsz => $_, needed => 64, flag => 1) for 32, 40, 63;
	expect_info('edu', 0, $memory, argsz => 64);
	expect_info('nvme', 0, undef, argsz => $_, needed => 72, flag => 1) for 32, 64;
	expect_info('nvme', 0, $memory, argsz => 72, msix => 1);
	$t->result({ ret => -1, errno => EINVAL }, 'info', 'edu', 0, 31);
}

# ---- the plans ----

sub plan_all {
	my ($stock_vga) = @_;

	$t->begin('stock', 'vga', 'edu');
	plan_vga($stock_vga);
	$t->group('capability: stock has none');
	expect_info('edu', 0, undef);

	$t->begin('livepatch', 'edu', 'nic');
	$t->plan_tracepoint;

	$t->begin('replacement', qw(edu nic nicx nvme memory vga));
	plan_vga(4);
	plan_ioeventfds();
	plan_refused_ioeventfds();
	plan_ioeventfd_without_decode();
	plan_windows('legacy');
	plan_mappings();
	plan_info();
	$t->plan_tracepoint;

	$t->begin('large', qw(edu nic nicx nvme memory));
	plan_windows('large');
	plan_ioeventfds();
	plan_refused_ioeventfds();
	plan_mappings();
}

my $job = <<'JOB';
LAB_ALL="$LAB_ALL 0000:00:09.0"

# A BAR of 256 bytes into the page of 0xa0000; see Steps.pm.
echo 1 >/sys/bus/pci/devices/0000:00:0c.0/enable
printf '\000\000\012\000' |
	dd of=/sys/bus/pci/devices/0000:00:0c.0/config bs=1 seek=20 conv=notrunc 2>/dev/null || exit 1

mount -t tracefs tracefs /sys/kernel/tracing && lab_load_vfio && lab_bind &&
	bar-features /stock.plan || exit 1

lab_load_width && bar-features /livepatch.plan || exit 1
echo 0 >"$LAB_PATCH/enabled"
lab_settle
rmmod vfio_pci_width || exit 1

replace() {
	rmmod vfio_pci && rmmod vfio_pci_core && insmod /vfio-pci-core.ko "$@" &&
		insmod /vfio-pci.ko && lab_bind
}
replace && bar-features /replacement.plan || exit 1
dmesg | sed -n -e 's/.*vfio-pci \([^ ]*: ioeventfd: \)/TEST: \1/p' -e 's/.*\(ioeventfd.* suppressed\)/TEST: \1/p'
replace debug_large_offsets=1 && bar-features /large.plan
JOB

# Boots the kernel in $dir. Options: stock_vga => the widest access that its own
# vfio-pci makes to VGA memory, boot => [options of lab-boot].
sub test_kernel {
	my ($dir, %opt) = @_;

	$t = Steps->new;
	plan_all($opt{stock_vga});
	my $console = $t->boot($dir, $job, '--module', Lab::module($dir),
		(map { ('--data', $_) } Lab::replacement_modules($dir)),
		'--qemu', '-device VGA,addr=9 -device rtl8139,addr=0xc,romfile=', @{$opt{boot} // []});

	return unless defined $console;
	$t->report;
	my @said = $console =~ /^TEST: (.*?)\r?$/mg;
	my $stormed = sprintf 'BAR 0 at %#x|suppressed', STORM_OFF;
	my @storm = grep { /$stormed/ } @said;

	is(join(' ', grep { !/$stormed/ } @said),
		'0000:00:04.0: ioeventfd: write of 8 bytes to BAR 0 at 0x1000 failed: -5',
		'ioeventfd: the kernel logs the one write that failed');
	ok(@storm > 0 && @storm <= 12, 'ioeventfd: of ' . STORM . ' that failed it logs a few')
		or diag('lines: ' . @storm);
}

1;
