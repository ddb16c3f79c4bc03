# SPDX-License-Identifier: GPL-2.0-only
#
# The accesses that the contract requires for a request: found by trying, independently of the
# planner under test.
package Plan;

use strict;
use warnings;

# Is this access possible? Naturally aligned powers of two up to 8 bytes always are. A zPCI
# function with strict alignment also takes blocks: longer than 8 bytes, offset and length
# multiples of 8, inside one page of 4 KiB.
sub may_be {
	my ($blocks, $off, $width) = @_;

	return $off % $width == 0 && ($width & ($width - 1)) == 0 if $width <= 8;
	return $blocks && $off % 8 == 0 && $width % 8 == 0 && $off % 4096 + $width <= 4096;
}

# The widest access at $off, tried from the widest down. $allowed is the widest allowed, $end the
# first byte that it must not touch.
sub widest {
	my ($blocks, $off, $end, $allowed) = @_;

	for (my $width = $allowed; $width > 1; $width -= $width > 8 ? 8 : $width / 2) {
		return $width if $off + $width <= $end && may_be($blocks, $off, $width);
	}
	return 1;
}

# [ [ off, width ], ... ] for $count bytes from $off. $bar has max (the widest access), hole and
# hole_size if any, and zpci if instructions access it. Only zpci needs $rw.
sub accesses {
	my ($bar, $off, $count, $rw) = @_;
	my $blocks = $bar->{zpci} && $rw eq 'write';
	my $allowed = $bar->{max} > 8 && !$blocks ? 8 : $bar->{max};
	my $end = $off + $count;
	my $hole = $bar->{hole} // $end;
	my $after = $hole + ($bar->{hole_size} // 0);
	my @accesses;

	while ($off < $end) {
		if ($off >= $hole && $off < $after) {
			$off++;
			next;
		}
		my $stop = $off < $hole && $hole < $end ? $hole : $end;
		my $width = widest($blocks, $off, $stop, $allowed);
		push @accesses, [ $off, $width ];
		$off += $width;
	}

	return \@accesses;
}

1;
