# SPDX-License-Identifier: GPL-2.0-only
#
# The rework's changes besides requests on BARs: ioeventfds, region offsets, mappings, the VGA
# ranges, region info, the feature, the tracepoint. One boot of one kernel: first stock, then
# the livepatch, then replacement modules.
package Features;

use strict;
use warnings;

use Test::More;

use Lab;
use Steps;

use constant { EINVAL => 22, ENOTTY => 25 };
use constant { MMAP => 4, CAPS => 8, SPARSE_MMAP => 1, MSIX_MAPPABLE => 3 };
use constant { GET => 1 << 16, SET => 1 << 17, PROBE => 1 << 18 };

# How many ioeventfds fire in turn without memory decode, and at which offset.
use constant { STORM => 200, STORM_OFF => 0x2000 };

use constant LIMIT => '/sys/module/vfio_pci_core/parameters/bar_max_width';

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
	$t->group('ioeventfd: one access of its width');
	for my $width (1, 2, 4, 8) {
		$t->ioeventfd('edu', 0x1000 + 8 * $width, $width);
		$t->ioeventfd('nic', 8 * $width, $width);
	}
	$t->ioeventfd('port', 4, $_) for 1, 2, 4;
	$t->group('ioeventfd: split where misaligned');
	$t->ioeventfd('edu', 0x1000 + $_, 8) for 1 .. 7;
	$t->ioeventfd('nic', $_->[0], $_->[1]) for [1, 2], [1, 4], [2, 4], [3, 4], map { [$_, 8] } 1 .. 7;
	$t->ioeventfd('port', $_->[0], $_->[1]) for [1, 2], [2, 4], [8, 8];
	$t->group('ioeventfd: bar_max_width is latched when the device is opened');
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
	my $shift = $t->{shift};

	$t->group('ioeventfd: refused in the MSI-X table');
	refuse_ioeventfd('nvme', $t->position('nvme', $_->[0]), $_->[1])
		for [0x2000, 4], [0x2000, 8], [0x1ffc, 8], [0x240f, 1], [0x240c, 8];
	# The last doorbells before the table, and the void after it.
	for my $off (0x1ff8, 0x2410) {
		$t->result({}, $_, 'nvme', $t->position('nvme', $off), 8, 1) for qw(assign deassign);
	}
	$t->group('ioeventfd: refused beyond the BAR');
	refuse_ioeventfd('edu', $t->position('edu', $_), 8)
		for 0xffff9, 0x100000, (1 << $shift) - 8, 1 << $shift;
	$t->group('ioeventfd: refused where there is no BAR');
	refuse_ioeventfd('edu', $_, 8) for 1 << 62, (1 << 62) - 8, 1 << 63, ~7,
		map { $_ << $shift } 3, 6 .. 9, 63;
}

sub plan_ioeventfd_without_decode {
	$t->group('ioeventfd: no access without memory decode');
	$t->step('decode', 'edu', 'off');
	$t->ioeventfd('edu', 0x1000, 8, quiet => 1);
	$t->result({ value => STORM }, 'storm', 'edu', $t->position('edu', STORM_OFF), 8, 1, STORM);
	$t->step('decode', 'edu', 'on');
	$t->ioeventfd('edu', 0x1000, 8);
}

# ---- region offsets ----

sub plan_positions {
	my ($shift, $other) = ($t->{shift}, 96 - $t->{shift});

	$t->group("requests, $shift bits for an offset in a region");
	for my $rw (qw(write read)) {
		$t->request($rw, 'edu', 0x1000, $_) for 1, 2, 4, 8, 24;
		$t->request($rw, 'nic', 3, $_) for 1, 2, 4, 8, 24;
		$t->request($rw, 'port', 2, $_) for 1, 2, 4, 8;
		$t->request($rw, 'edu', $_, 8, errno => EINVAL) for 0x100000, (1 << $shift) - 8;
	}
	$t->request('read', 'rom', 0, 8);
	$t->group("VFIO reports region offsets of index << $shift");
	for my $region ([edu => 0], [nic => 0], [nic => 1], [memory => 2], [nicx => 6], [edu => 7], [nicx => 7]) {
		my ($dev, $index) = @$region;
		my $id = $t->result({}, 'info', $dev, $index, 4096);

		$t->check(sub {
			my $got = $t->{info}{$id}{pos};
			return $got == $index << $shift ? () : sprintf '%s %u is at %#x', $dev, $index, $got;
		});
	}
	$t->group("no region at the offsets of a shift of $other");
	$t->result({ ret => -1, errno => EINVAL }, 'read', 'nicx', $_ << $other, 4) for 1 .. 9;
	$t->result({ ret => -1, errno => EINVAL }, 'read', 'edu', $_, 4) for 1 << 61, 1 << 62;
}

# ---- mappings ----

sub plan_mappings {
	my $size = 0x400000;
	my $at = $t->position('memory', 0);
	my $shift = $t->{shift};

	$t->group('mmap: a mapping and requests see the same memory');
	my $map = $t->result({}, 'map', 'memory', $at, $size);
	for my $off (0, 0x1000, 0x200004, $size - 4) {
		$t->result({}, 'poke', $map, $off, 0x12345678 + $off);
		$t->result({ ret => 4, value => 0x12345678 + $off }, 'read', 'memory', $at + $off, 4);
		$t->result({}, 'poke', $map, $off, 0x9abcdef0 - $off);
	}
	my $part = $t->result({}, 'map', 'memory', $at + 0x1000, 0x2000);
	$t->result({ value => 0x9abcdef0 - 0x1000 }, 'peek', $part, 0);

	$t->group('mmap: refused beyond the BAR and where there is no BAR');
	$t->result({ ret => -1, errno => EINVAL }, 'map', 'memory', $at + $_->[0], $_->[1])
		for [0, $size + 0x1000], [$size, 0x1000], [$size - 0x1000, 0x2000], [1 << 39, 0x1000],
		[1 << $shift, 0x1000], [(1 << $shift) - 0x1000, 0x2000];
	$t->result({ ret => -1, errno => EINVAL }, 'map', 'memory', $_, 0x1000)
		for 1 << 61, 1 << 62, map { $_ << $shift } 3, 6, 9;

	$t->group('mmap: SIGBUS without memory decode');
	$t->step('decode', 'memory', 'off');
	for my $mapping ($map, $part) {
		$t->result({ ret => -1 }, 'peek', $mapping, 0);
		$t->result({ ret => -1 }, 'poke', $mapping, 4, 1);
	}
	$t->step('decode', 'memory', 'on');
	$t->result({ value => 0x9abcdef0 }, 'peek', $map, 0);
	$t->result({}, 'poke', $map, 4, 7);
	$t->result({ value => 7 }, 'peek', $map, 4);
}

# ---- region info ----

# The areas that crosvm maps, by its reading of the region info. If there are capabilities that
# it does not know, crosvm maps nothing.
sub crosvm_maps {
	my ($raw) = @_;
	my ($argsz, $flags, $index, $next, $size) = unpack 'L4Q', $raw;

	return 'nothing' unless $flags & MMAP;
	return "all of $size" unless $flags & CAPS;
	while ($next) {
		my ($id, $version, $following) = unpack "x${next}SSL", $raw;
		return "all of $size" if $id == MSIX_MAPPABLE;
		return 'areas' if $id == SPARSE_MMAP;
		$next = $following;
	}
	return 'nothing';
}

my @INFO_DEVICES = qw(edu nic nicx nvme memory vga);

# Asks for all regions with room for all, some and none of the capabilities. Returns the steps'
# IDs by question.
sub ask_info {
	my %ids;

	for my $dev (@INFO_DEVICES) {
		for my $index (0 .. 9, 63) {
			$ids{"$dev $index $_"} = $t->result(undef, 'info', $dev, $index, $_)
				for 0, 31, 32, 40, 63, 64, 4096;
		}
	}
	return \%ids;
}

sub compare_info {
	my ($stock, $ours) = @_;

	$t->group('region info: the same bytes as from stock, with any argsz');
	for my $asked (sort keys %$ours) {
		$t->check(sub {
			my ($want, $got) = map { join ' ', "$t->{got}{$_}{ret} $t->{got}{$_}{errno}",
				$t->{raw}{$_} // 'nothing' } $stock->{$asked}, $ours->{$asked};

			return "$asked: no answer" if $asked =~ / [0-6] 4096$/ && $got =~ /nothing/;
			return $want eq $got ? () : "$asked: $got; stock: $want";
		});
	}
	$t->group('region info: crosvm maps all BARs that it maps on stock');
	for my $asked (grep { / [0-5] 4096$/ } sort keys %$ours) {
		$t->check(sub {
			my $raw = pack 'H*', $t->{raw}{$ours->{$asked}} // '';
			my $maps = crosvm_maps($raw);
			my (undef, $flags) = unpack 'L2', $raw;
			return $flags & MMAP && $maps eq 'nothing' ? "$asked: it maps nothing" : ();
		});
	}
}

# ---- the feature ----

# $want is the answer (read: max_width, boundary, align; write: the same; hole_offset,
# hole_size) or an errno.
sub expect_access {
	my ($dev, $index, $want) = @_;
	my $fails = $want =~ /^\d+$/;
	my $id = $t->result($fails ? { ret => -1, errno => $want } : {}, 'access', $dev, $index);

	$t->check(sub {
		my $got = $t->{access}{$id} // 'nothing';
		return $fails || $got eq $want ? () : "region $index of $dev: $got, should be $want";
	});
}

# The widest access to memory of edu, to ports of nic, to nicx's ROM.
sub expect_limited_access {
	my ($edu, $nic, $rom) = @_;

	expect_access('edu', 0, "$edu $edu 0 $edu $edu 0 0 0");
	expect_access('nic', 0, "$nic $nic 0 $nic $nic 0 0 0");
	expect_access('nicx', 6, "$rom $rom 0 0 0 0 0 0");
}

sub plan_access {
	my $memory = '8 8 0 8 8 0 0 0';

	$t->group('feature: memory BARs');
	expect_access($_->[0], $_->[1], $memory) for [edu => 0], [nic => 1], [memory => 0], [memory => 2], [vga => 0];
	expect_access('nvme', 0, '8 8 0 8 8 0 8192 1040');
	$t->group('feature: I/O ports and the ROM');
	expect_access('nic', 0, '4 4 0 4 4 0 0 0');
	expect_access('nicx', 6, '4 4 0 0 0 0 0 0');
	$t->group('feature: refused for other regions');
	expect_access('edu', $_, ENOTTY) for 1 .. 9, 63, 0xffffffff;
	expect_access('vga', $_, ENOTTY) for 7, 8;
	$t->group('feature: PROBE, and refused flags and sizes');
	$t->result({}, 'ask', 'edu', PROBE, 0, 0);
	$t->result({}, 'ask', 'edu', PROBE | GET, 0, 48);
	$t->result({ ret => -1, errno => EINVAL }, 'ask', 'edu', @$_)
		for [SET, 0, 48], [GET | SET, 0, 48], [GET, 0, 47], [GET, 0, 0], [0, 0, 48], [GET, 1, 48];

	$t->group('feature: reports bar_max_width as latched when the device is opened');
	my @widths = (8, 4, 4);
	for my $limit ([ 1, 1, 1, 1 ], [ 2, 2, 2, 2 ], [ 4, 4, 4, 4 ], [ 8, 8, 4, 4 ], [ 4096, 8, 4, 4 ],
		[ '2,1234:11e8:8,8086:10d3:1', 8, 2, 1 ], [ '1234:11e8:4,1234:11e8:2', 2, 4, 4 ], [ 0, 8, 4, 4 ]) {
		$t->step('file', LIMIT, $limit->[0]);
		expect_limited_access(@widths);
		reopen(qw(edu nic nicx));
		(undef, @widths) = @$limit;
		expect_limited_access(@widths);
	}
}

# ---- the plans ----

sub plan_all {
	my ($stock_vga) = @_;

	$t->begin('stock', @INFO_DEVICES);
	plan_vga($stock_vga);
	$t->group('feature: stock does not have it');
	expect_access('edu', 0, ENOTTY);
	my $stock = ask_info();

	$t->begin('livepatch', 'edu', 'nic');
	$t->plan_tracepoint;

	$t->begin('replacement', qw(edu nic nicx nvme memory vga));
	plan_vga(4);
	plan_ioeventfds();
	plan_refused_ioeventfds();
	plan_ioeventfd_without_decode();
	plan_positions();
	plan_mappings();
	plan_access();
	compare_info($stock, ask_info());
	$t->plan_tracepoint;

	$t->{shift} = 56;
	$t->begin('large', qw(edu nic nicx nvme memory));
	plan_positions();
	plan_ioeventfds();
	plan_refused_ioeventfds();
	plan_mappings();
}

my $job = <<'JOB';
LAB_ALL="$LAB_ALL 0000:00:09.0"

# Puts a BAR of 256 bytes into the page of 0xa0000; see Steps.pm.
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

# Boots the kernel in $dir. Options: stock_vga => the widest access of stock to VGA memory,
# boot => [options of lab-boot].
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
		'ioeventfd: the kernel logs the write that failed');
	ok(@storm > 0 && @storm <= 12, 'ioeventfd: of ' . STORM . ' failed writes the kernel logs a few')
		or diag('lines: ' . @storm);
}

1;
