# SPDX-License-Identifier: GPL-2.0-only
#
# Checks that the log of the model of ISM functions has the instructions which the test programs'
# requests need with relaxed alignment: one PCISTB per page of 4 KiB, one PCILG per doubleword.
package IsmLog;

use strict;
use warnings;
no warnings 'portable';

use ZpciLog;

use constant { PAGE => 4096, DOUBLEWORD => 8, FH_ENABLED => 0x80000000 };

# The instructions on BARs, in order.
sub read_log {
	my ($file) = @_;

	return [ map { +{ %$_, function => $_->{fh} & ~FH_ENABLED } } @{ZpciLog::read_function_log($file)->{insns}} ];
}

# The requests that a program made, by "NAME BAR", and the functions' names by handle. A function
# that is reconfigured may get another handle.
sub read_results {
	my ($results) = @_;
	my (%requests, %names);

	for (split /\n/, $results) {
		if (/^function (\S+) 0x([0-9a-f]+)$/) {
			$names{hex($2) & ~FH_ENABLED} = $1;
		} elsif (/^req (\S+) ([rw]) (\d) 0x([0-9a-f]+) (\d+) (\S+) (\d+)$/) {
			push @{$requests{"$1 $3"}}, {
				insn => $2 eq 'w' ? 'PCISTB' : 'PCILG', off => hex $4, count => $5,
				ret => $6, errno => $7,
			};
		}
	}
	return (\%requests, \%names);
}

# [ off, width ] of each expected instruction of a request.
sub parts {
	my ($request) = @_;
	my $boundary = $request->{insn} eq 'PCISTB' ? PAGE : DOUBLEWORD;
	my ($off, $left, @parts) = @{$request}{qw(off count)};

	while ($left) {
		my $room = $boundary - $off % $boundary;
		my $width = $left < $room ? $left : $room;

		push @parts, [ $off, $width ];
		$off += $width;
		$left -= $width;
	}
	return @parts;
}

sub text {
	my ($insn) = @_;

	return 'nothing' unless $insn;
	return sprintf '%s of %u at 0x%x (%s)', @{$insn}{qw(insn width off result)};
}

sub is_part {
	my ($insn, $request, $part) = @_;

	return $insn && $insn->{insn} eq $request->{insn} && $insn->{off} == $part->[0] &&
	       $insn->{width} == $part->[1];
}

# What is wrong with a request; removes its instructions from the head of the list. A busy
# function gets the same instruction again. What the last request of a killed process returned
# is unknown.
sub fault {
	my ($request, $insns) = @_;
	my $killed = $request->{ret} eq 'killed';
	my $left = $killed || $request->{ret} < 0 ? 0 : $request->{ret};

	for my $part (parts($request)) {
		shift @$insns while is_part($insns->[0], $request, $part) && $insns->[0]{result} eq 'busy';
		my $seen = is_part($insns->[0], $request, $part) ? $insns->[0]{result} : 'none';

		if ($left >= $part->[1]) {
			return "next is " . text($insns->[0]) unless $seen eq 'ok';
			shift @$insns;
			$left -= $part->[1];
			next;
		}
		return "returned $request->{ret}, which ends inside an instruction" if $left;
		return "more was done than it returned: " . text($insns->[0]) if $seen eq 'ok' && !$killed;
		shift @$insns if $seen ne 'none';
		return undef if $seen ne 'ok';
	}
	return undef;
}

# Compares all requests on one BAR with all instructions on it. Returns the first difference
# only, as after it requests and instructions cannot be matched.
sub differences {
	my ($requests, $insns) = @_;
	my @left = @$insns;

	for my $request (@$requests) {
		my $fault = fault($request, \@left);

		return sprintf('%s of %u at 0x%x that returned %s: %s', @{$request}{qw(insn count off ret)},
			$fault) if defined $fault;
	}
	return @left ? (scalar(@left) . ' without a request, first ' . text($left[0])) : ();
}

1;
