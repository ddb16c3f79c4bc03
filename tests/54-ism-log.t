#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# That the judge of 56-ism-moves and 57-ism-faults sees what is wrong: logs that are
# made up, each with one mistake.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use IsmLog;

my $TOKEN = 0xffff << 32;

sub request {
	my ($rw, $off, $count, $ret) = @_;

	return { insn => $rw eq 'w' ? 'PCISTB' : 'PCILG', off => $off, count => $count, ret => $ret // $count };
}

sub insn {
	my ($insn, $off, $width, $result) = @_;

	return { insn => $insn, off => $off, width => $width, result => $result // 'ok' };
}

sub good {
	my ($name, @log) = @_;

	is(join(' ', IsmLog::differences([ grep { exists $_->{count} } @log ],
		[ grep { exists $_->{width} } @log ])), '', "good: $name");
}

sub bad {
	my ($name, $says, @log) = @_;

	like(join(' ', IsmLog::differences([ grep { exists $_->{count} } @log ],
		[ grep { exists $_->{width} } @log ])), $says, "bad: $name");
}

good('a move in a page', request('w', $TOKEN + 1, 4095), insn('PCISTB', $TOKEN + 1, 4095));
good('a move across a page end', request('w', 4000, 200), insn('PCISTB', 4000, 96), insn('PCISTB', 4096, 104));
good('a read in a doubleword', request('r', 9, 7), insn('PCILG', 9, 7));
good('a read across two', request('r', 13, 8), insn('PCILG', 13, 3), insn('PCILG', 16, 5));
good('busy', request('w', 8, 8), (insn('PCISTB', 8, 8, 'busy')) x 3, insn('PCISTB', 8, 8));
good('an error', request('w', 8, 8, -1), insn('PCISTB', 8, 8, 'error'));
good('an error that no instruction made', request('w', 8, 8, -1), request('w', 16, 8), insn('PCISTB', 16, 8));
good('an error after a part', request('w', 4000, 200, 96), insn('PCISTB', 4000, 96), insn('PCISTB', 4096, 104, 'error'));
good('killed before it', request('w', 4000, 200, 'killed'));
good('killed in between', request('w', 4000, 200, 'killed'), insn('PCISTB', 4000, 96));

bad('split', qr/next is PCISTB of 50/, request('w', 0, 100), insn('PCISTB', 0, 50), insn('PCISTB', 50, 50));
bad('8 by 8', qr/next is PCISTB of 8/, request('w', 0, 16), insn('PCISTB', 0, 8), insn('PCISTB', 8, 8));
bad('the wrong instruction', qr/next is PCISTG/, request('w', 0, 8), insn('PCISTG', 0, 8));
bad('the wrong offset', qr/next is PCISTB of 8 at 0x8/, request('w', $TOKEN + 8, 8), insn('PCISTB', 8, 8));
bad('widened', qr/next is PCILG of 8/, request('r', 1, 3), insn('PCILG', 0, 8));
bad('split where it need not be', qr/next is PCILG of 1/, request('r', 1, 3), insn('PCILG', 1, 1), insn('PCILG', 2, 2));
bad('across a page end as one', qr/next is PCISTB of 200/, request('w', 4000, 200), insn('PCISTB', 4000, 200));
bad('lost', qr/next is nothing/, request('w', 0, 8));
bad('an error that is not told', qr/next is PCISTB.*error/, request('w', 0, 8), insn('PCISTB', 0, 8, 'error'));
bad('an error of the second part that is not told', qr/next is PCISTB.*error/, request('w', 4000, 200),
	insn('PCISTB', 4000, 96), insn('PCISTB', 4096, 104, 'error'));
bad('done, but an error is told', qr/more was done/, request('w', 0, 8, -1), insn('PCISTB', 0, 8));
bad('progress that is not told', qr/more was done/, request('w', 4000, 200, -1), insn('PCISTB', 4000, 96),
	insn('PCISTB', 4096, 104, 'error'));
bad('a part of an instruction', qr/ends inside/, request('w', 0, 100, 50), insn('PCISTB', 0, 100));
bad('done twice', qr/1 that nobody asked for/, request('w', 0, 8), (insn('PCISTB', 0, 8)) x 2);
bad('more after it was killed', qr/1 that nobody asked for/, request('w', 0, 8, 'killed'), insn('PCISTB', 16, 8));
done_testing;
