# SPDX-License-Identifier: GPL-2.0-only
#
# A request from the device's side, by QEMU's trace of memory regions.
#
# A test program in the emulated machine puts a marker into the trace before and after each
# request (tests/guest/guest.h). How QEMU reaches the BAR decides which lines between the
# markers belong to it:
#
#   ops      MMIO of at least a page: memory_region_ops_*, by address. Accesses that the
#            device's model refuses, as edu does below 4 bytes, are in the log of guest errors
#            or invalid accesses instead, without a value.
#   subpage  less than a page: memory_region_subpage_*, which has the width from the bus even
#            if the device's model splits it.
#   port     I/O ports: memory_region_ops_*, by port; on arm64 by address, where PORTS is the
#            address of port 0.
#   none     memory: QEMU maps it, no access is traced.
package Trace;

use strict;
use warnings;
no warnings 'portable';

# The window of the PCI host bridge of QEMU's "virt" (its device tree, pcie@10000000).
use constant PORTS => { x86_64 => 0, arm64 => 0x3eff0000 };

my $MARK_BEGIN = 0x56505742;
my $MARK_END   = 0x56505745;

# The events between the markers: { ID => [ event, ... ] }. $wanted selects addresses, as the
# trace of a whole boot is long.
sub events {
	my ($file, $wanted) = @_;
	my (%events, $current, $held, $skip);

	open my $trace, '<', $file or die "$file: $!\n";
	while (my $line = <$trace>) {
		if ($line =~ /^memory_region_ops_(read|write) cpu \d+ mr \S+ addr 0x([0-9a-f]+) value 0x([0-9a-f]+) size (\d+) name '([^']*)'/) {
			my ($rw, $addr, $value, $width, $name) = ($1, hex $2, hex $3, $4, $5);

			# The kernel accesses these at any time, and they are smaller than a page too.
			if ($name eq 'intel_iommu' || $name eq 'hpet') {
				pop @{$events{$current}} if $held && defined $current;
				($held, $skip) = (0, $rw eq 'read');
				next;
			}
			($held, $skip) = (0, 0);
			if ($name eq 'edu-mmio' && $width == 8 && $rw eq 'write') {
				my $kind = $value >> 32;
				if ($kind == $MARK_BEGIN) {
					$current = $value & 0xffffffff;
					$events{$current} = [];
					next;
				}
				if ($kind == $MARK_END) {
					undef $current;
					next;
				}
			}
			next unless defined $current && $wanted->($addr);
			push @{$events{$current}}, {
				kind => 'ops', rw => $rw, addr => $addr,
				value => $value, width => $width, name => $name,
			};
		} elsif ($line =~ /^memory_region_subpage_(read|write) cpu \d+ mr \S+ offset 0x([0-9a-f]+) value 0x([0-9a-f]+) size (\d+)/) {
			next unless defined $current;
			if ($skip) {
				$skip = 0;
				next;
			}
			push @{$events{$current}}, {
				kind => 'subpage', rw => $1, addr => hex $2,
				value => hex $3, width => $4,
			};
			$held = $1 eq 'write';
		} elsif ($line =~ /^Invalid (read|write) at addr 0x([0-9a-fA-F]+), size (\d+), region '([^']*)'/) {
			next unless defined $current;
			push @{$events{$current}}, {
				kind => 'refused', rw => $1, addr => hex $2,
				width => $3, name => $4,
			};
			$held = 0;
		}
	}
	close $trace;

	return \%events;
}

# The accesses of one request on one BAR: [ { rw, off, width, value }, ... ].
# $bar has mode, base and size.
sub accesses {
	my ($events, $bar) = @_;
	my ($base, $size) = ($bar->{base}, $bar->{size});
	my @found;

	for my $event (@$events) {
		my $off;

		if ($bar->{mode} eq 'subpage') {
			next unless $event->{kind} eq 'subpage';
			$off = $event->{addr} - ($base & 0xfff);
		} elsif ($event->{kind} eq 'ops') {
			$off = $event->{addr} - $base;
		} elsif ($event->{kind} eq 'refused' && $bar->{mode} eq 'ops') {
			# The log has the offset in the region, or the address without a region.
			$off = $event->{addr};
			$off -= $base if $event->{name} eq '(null)';
		} else {
			next;
		}
		next if $off < 0 || $off >= $size;
		push @found, {
			rw => $event->{rw}, off => $off, width => $event->{width},
			value => $event->{value},
		};
	}

	return \@found;
}

# The bytes of an access in the BAR's order; none if the trace lacks them.
sub bytes {
	my ($access) = @_;

	return @{$access->{bytes}} if $access->{bytes};
	return () unless defined $access->{value};
	return map { ($access->{value} >> (8 * $_)) & 0xff } 0 .. $access->{width} - 1;
}

# Text of accesses: "r8@0x80 r4@0x88", or with an instruction instead of the direction.
sub text {
	my ($accesses, $most) = @_;
	my @text = map {
		sprintf '%s%u@0x%x', $_->{insn} ? "$_->{insn} " : substr($_->{rw}, 0, 1), $_->{width}, $_->{off}
	} @$accesses;

	$most //= 12;
	if (@text > $most) {
		my $more = @text - $most;
		splice @text, $most;
		push @text, "and $more more";
	}

	return @text ? join ' ', @text : 'none';
}

1;
