# SPDX-License-Identifier: GPL-2.0-only
#
# Which accesses the contract wants for a request: a second opinion, found by
# trying, that knows nothing of the planner under test.
package Plan;

use strict;
use warnings;

# The widest access at $off: try all from the widest down. $allowed is the
# widest at all, $end the first byte it may not touch.
sub widest {
	my ($off, $end, $allowed) = @_;

	for (my $width = $allowed; $width > 1; $width /= 2) {
		return $width if $off % $width == 0 && $off + $width <= $end;
	}
	return 1;
}

# [ [ off, width ], ... ] for $count bytes from $off. Of $bar: max (widest), and
# hole and hole_size if it has one.
sub accesses {
	my ($bar, $off, $count) = @_;
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
		my $width = widest($off, $stop, $bar->{max});
		push @accesses, [ $off, $width ];
		$off += $width;
	}

	return \@accesses;
}

1;
