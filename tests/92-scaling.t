#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# Long requests and many threads, with the livepatch on 6.1, in instructions: the cost of a
# byte does not grow with the request, threads do not delay each other, and a long request
# lets other tasks run and ends when its process is killed.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Bench;
use Lab;
use Scale;

# Enough for a chunk, a context switch and a timer interrupt.
my $CHUNK = 30_000;

my $found = Scale::count($Bench::SETUPS{'6.1'}, most => 1 << 20, long => 1 << 24);
is($found->{done}{$_}, 3, "$_: all requests are counted") for 'stock', 'ours';

for my $does ('read', 'write') {
	my $lengths = $found->{lengths}{ours};
	my ($short, $long) = map { my ($from, $to) = @$_; ($lengths->{"$does $to"} - $lengths->{"$does $from"}) / ($to - $from) }
		[ 1 << 12, 1 << 16 ], [ 1 << 16, 1 << 20 ];
	my @less = grep { $lengths->{"$does $_"} >= $found->{lengths}{stock}{"$does $_"} } grep { $_ >= 64 && $_ <= 1 << 20 } @Scale::LENGTHS;

	cmp_ok(abs($long / $short - 1), '<=', 0.05, "$does: a further byte costs the same up to 64 KiB and up to 1 MiB")
		or diag("$short, $long");
	is("@less", '', "$does: takes less than stock at each length from 64 bytes");
}

for my $size (8, 4096) {
	my $alone = $found->{threads}{ours}{"one 1 $size"};

	for my $key (grep { / $size$/ } sort keys %{$found->{threads}{ours}}) {
		my $many = $found->{threads}{ours}{$key};

		cmp_ok($many->[1] / $many->[0], '<=', 1.05 * $alone->[1] / $alone->[0],
			"threads, $key: a request costs the same as with one thread");
	}
}

my ($stock, $ours) = map { $found->{others}{$_} } 'stock', 'ours';
cmp_ok($ours->[1], '>', 10, "another task gets the CPU often during a long read");
cmp_ok($ours->[3], '<=', $CHUNK, 'another task waits for one chunk at most');
my $later = $found->{kill}{ours} - $found->{asleep}{ours};
cmp_ok($later, '<=', 5 * $CHUNK, 'a long read ends when its process is killed')
	or diag("killed: $found->{kill}{ours}, asleep: $found->{asleep}{ours}");

done_testing;
