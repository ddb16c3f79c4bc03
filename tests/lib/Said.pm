# SPDX-License-Identifier: GPL-2.0-only
#
# What commands in the machine say, and their exit codes, by names that a job gives them.
package Said;

use strict;
use warnings;
use Exporter 'import';
use Lab;

our @EXPORT = qw(said code);

# The head of such a job: each command's lines get its name in front, and its exit code a line.
our $JOB = <<'JOB';
say() {
	name=$1
	shift
	code=0
	"$@" >/said 2>&1 || code=$?
	sed "s/^/SAID $name: /" /said
	echo "CODE $name: $code"
}
JOB

my $console;

# The machine has run, with its console in that directory.
sub take {
	my ($out) = @_;

	$console = Lab::read_file("$out/console.log") =~ s/\r//gr;
}

sub said {
	my ($name) = @_;

	return join "\n", $console =~ /^SAID \Q$name\E: (.*)$/mg;
}

sub code {
	my ($name) = @_;

	return $console =~ /^CODE \Q$name\E: (\d+)$/m ? $1 : 'none';
}

1;
