# SPDX-License-Identifier: GPL-2.0-only
#
# Output and exit codes of commands in the machine. The job gives each command a name.
package Said;

use strict;
use warnings;
use Exporter 'import';
use Lab;

our @EXPORT = qw(said code);

# Start of the job: say() prints a command's output and exit code with its name.
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

# Reads the console of a finished machine.
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
