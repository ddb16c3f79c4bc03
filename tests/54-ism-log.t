#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# The checker of 56-ism-moves and 57-ism-faults finds mistakes: each log here is made up, and
# those that are bad have one mistake.
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
good('an error without an instruction', request('w', 8, 8, -1), request('w', 16, 8), insn('PCISTB', 16, 8));
good('an error after a part', request('w', 4000, 200, 96), insn('PCISTB', 4000, 96), insn('PCISTB', 4096, 104, 'error'));
good('killed before it', request('w', 4000, 200, 'killed'));
good('killed in between', request('w', 4000, 200, 'killed'), insn('PCISTB', 4000, 96));

bad('a block is split', qr/next is PCISTB of 50/, request('w', 0, 100), insn('PCISTB', 0, 50), insn('PCISTB', 50, 50));
bad('a block is split into 8 bytes', qr/next is PCISTB of 8/, request('w', 0, 16), insn('PCISTB', 0, 8), insn('PCISTB', 8, 8));
bad('the wrong instruction', qr/next is PCISTG/, request('w', 0, 8), insn('PCISTG', 0, 8));
bad('the wrong offset', qr/next is PCISTB of 8 at 0x8/, request('w', $TOKEN + 8, 8), insn('PCISTB', 8, 8));
bad('a load is widened', qr/next is PCILG of 8/, request('r', 1, 3), insn('PCILG', 0, 8));
bad('a load is split inside a doubleword', qr/next is PCILG of 1/, request('r', 1, 3), insn('PCILG', 1, 1), insn('PCILG', 2, 2));
bad('one block across a page end', qr/next is PCISTB of 200/, request('w', 4000, 200), insn('PCISTB', 4000, 200));
bad('a request is lost', qr/next is nothing/, request('w', 0, 8));
bad('an error is not reported', qr/next is PCISTB.*error/, request('w', 0, 8), insn('PCISTB', 0, 8, 'error'));
bad('an error of the second part is not reported', qr/next is PCISTB.*error/, request('w', 4000, 200),
	insn('PCISTB', 4000, 96), insn('PCISTB', 4096, 104, 'error'));
bad('an error is reported although all was done', qr/more was done/, request('w', 0, 8, -1), insn('PCISTB', 0, 8));
bad('progress is not reported', qr/more was done/, request('w', 4000, 200, -1), insn('PCISTB', 4000, 96),
	insn('PCISTB', 4096, 104, 'error'));
bad('the result ends inside an instruction', qr/ends inside/, request('w', 0, 100, 50), insn('PCISTB', 0, 100));
bad('a request is done twice', qr/1 without a request/, request('w', 0, 8), (insn('PCISTB', 0, 8)) x 2);
bad('an instruction follows the kill', qr/1 without a request/, request('w', 0, 8, 'killed'), insn('PCISTB', 16, 8));
done_testing;
