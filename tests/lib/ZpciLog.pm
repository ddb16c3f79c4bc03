# SPDX-License-Identifier: GPL-2.0-only
#
# Reads the log of tests/s390x/zpci-log.c, which has the PCI instructions of an s390x machine, or of
# tests/ism-lab/ism.c, which has the instructions on an ISM function and what the function did.
package ZpciLog;

use strict;
use warnings;
no warnings 'portable';

sub read_event {
	my ($line) = @_;
	my ($insn, $fh, $space, $width, $off, $bytes, $source, $result) = split ' ', $line;

	undef $bytes if defined $bytes && $bytes !~ /^[0-9a-f]/;
	return {
		insn => $insn, rw => $insn =~ /^PCILG/ ? 'read' : 'write', fh => hex $fh,
		space => $space, width => $width, off => hex $off, hex => $bytes,
		source => $source && hex $source, result => $result,
	};
}

# The log of a function: { insns => [ event, ... ], said => [ [ line number, word, ... ], ... ] },
# where said has the lines that are no instructions. Events have {line}, and bytes as {hex} only,
# as they are many.
sub read_function_log {
	my ($file) = @_;
	my (@insns, @said);

	open my $log, '<', $file or die "$file: $!\n";
	while (<$log>) {
		push @insns, { %{read_event($_)}, line => $. } if /^PCI/;
		push @said, [ $., split ] if !/^PCI/;
	}
	close $log;

	return { insns => \@insns, said => \@said };
}

# Reads a log: { events => { ID => [ event, ... ] }, count => { INSN => NR } }. Events are between
# the markers of a request; the count covers the whole boot.
sub read_log {
	my ($file) = @_;
	my (%events, %count, $current);

	open my $log, '<', $file or die "$file: $!\n";
	while (<$log>) {
		if (/^mark (begin|end) (\d+)$/) {
			$current = $1 eq 'begin' ? $2 : undef;
			$events{$2} = [] if $1 eq 'begin';
			next;
		}
		my ($insn) = split;
		$count{$insn}++;
		next unless defined $current;
		my $event = read_event($_);
		$event->{bytes} = $event->{hex} && [ unpack 'C*', pack 'H*', $event->{hex} ];
		push @{$events{$current}}, $event;
	}
	close $log;

	return { events => \%events, count => \%count };
}

# The name of the instruction for an access to a strict function.
sub insn {
	my ($rw, $width) = @_;

	return 'PCILG' if $rw ne 'write';
	return $width > 8 ? 'PCISTB' : 'PCISTG';
}

# What is wrong with an instruction apart from its offset and length, or undef. $bar has the
# BAR's index and the function's fh.
sub fault {
	my ($event, $bar) = @_;

	return sprintf 'fh=%08x', $event->{fh} if $event->{fh} != $bar->{fh};
	return "space=$event->{space}" if $event->{space} != $bar->{bar};
	return undef if $event->{insn} ne 'PCISTB';
	return sprintf 'source=%#x', $event->{source}
		if $event->{source} % 8 || $event->{source} % 4096 + $event->{width} > 4096;
	return undef;
}

# The accesses of one request on one BAR. The name of an unexpected instruction says why it is
# unexpected.
sub accesses {
	my ($events, $bar) = @_;

	return [ map {
		my $fault = fault($_, $bar);
		+{ %$_, insn => $_->{insn} . (defined $fault ? "($fault)" : '') };
	} @$events ];
}

1;
