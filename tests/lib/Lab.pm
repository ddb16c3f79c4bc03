# SPDX-License-Identifier: GPL-2.0-only
#
# Shared by the tests that need an emulated machine: kernels, modules and programs for them, and
# the boot.
package Lab;

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use Test::More;

# Options for kernels with checkers, which need memory and time. Time limits end only
# what hangs; a busy machine must not reach them.
use constant DEBUG => (boot => [ '--memory', 1536, '--timeout', 1800, '--append', 'nokaslr' ]);

# Set by scripts that use this without being a test: the name of the script. Messages of the
# scripts that it calls then go to stderr, and errors give an exit code instead of TAP.
our $script;

my $top = abs_path(dirname(__FILE__) . '/../..');
my $build = tempdir(CLEANUP => 1);

sub read_file {
	my ($path) = @_;

	open my $file, '<', $path or die "$path: $!\n";
	local $/;
	return scalar <$file>;
}

sub write_file {
	my ($path, $text) = @_;

	open my $file, '>', $path or die "$path: $!\n";
	print $file $text;
	close $file or die "$path: $!\n";
}

# Tells the user of a script what takes time.
sub step {
	my ($text) = @_;

	print STDERR "==> $text\n" if $script;
}

# Ends the script, or the test as failed. BAIL_OUT() would end all other tests as well.
sub give_up {
	my ($message) = @_;

	die "$message\n" unless $script;
	print STDERR "$script: error: $message\n";
	exit 1;
}

# Runs a command; prints its output as diagnostics if it fails.
sub run {
	my (@command) = @_;
	my $log = "$build/log";

	return 1 if system('sh', '-c', 'exec "$@" >"$0" 2>&1', $log, @command) == 0;
	diag("failed: @command");
	# In a parallel build, the output of other jobs follows an error.
	my @lines = split /\n/, read_file($log);
	my @errors = grep { /\b(?:error|ERROR|FAILED):|undefined reference/ } @lines[0 .. $#lines - 25];
	diag($_) for @errors > 20 ? @errors[0 .. 19] : @errors;
	diag($_) for @lines[(@lines > 25 ? @lines - 25 : 0) .. $#lines];
	return 0;
}

# Runs a script that gets or builds something and returns what it prints. Skips the test, or the
# rest of it, with the script's reason if the script exits with 77.
sub get {
	my ($getter, @args) = @_;
	my $log = "$build/reason";
	my $stderr = $script ? '' : "2>'$log'";
	my $dir = qx{"$top/scripts/$getter" @args $stderr};
	my $code = $? >> 8;

	chomp $dir;
	return $dir if $code == 0;
	# The script has printed the reason.
	exit $code if $script;
	if ($code == 77) {
		my ($reason) = reverse split /\n/, read_file($log);
		plan(skip_all => $reason) unless Test::More->builder->current_test;
		# A plan of no tests would fail those that have run.
		Test::More->builder->skip($reason);
		done_testing;
		exit;
	}
	diag(read_file($log));
	give_up("$getter @args failed");
}

# The architecture of the kernel in $dir.
sub arch {
	my ($dir) = @_;

	return read_file("$dir/config") =~ /^CONFIG_(S390|ARM64)=y$/m ? { S390 => 's390x', ARM64 => 'arm64' }->{$1} :
		'x86_64';
}

my %MAKE = (
	x86_64 => [], s390x => ['ARCH=s390', 'CROSS_COMPILE=s390x-linux-gnu-'],
	arm64 => ['ARCH=arm64', 'CROSS_COMPILE=aarch64-linux-gnu-'],
);

sub make_arch {
	my ($dir) = @_;

	return @{$MAKE{arch($dir)}};
}

# A path for what is built for the kernel in $dir.
sub built_for {
	my ($what, $dir) = @_;

	return "$build/$what-" . $dir =~ s/\W/_/gr;
}

# The livepatch module for the kernel in $dir.
sub module {
	my ($dir) = @_;
	my $copy = built_for('module', $dir);
	my $module = "$copy/vfio-pci-width.ko";

	return $module if -e $module;
	run("$top/scripts/copy-tree", $copy)
		&& run('make', '-s', '-C', $copy, "KDIR=$dir/headers", make_arch($dir), 'modules')
		or give_up('the module cannot be built');

	return $module;
}

# A test's own kernel module from the directory $from, built for the kernel in $dir.
sub test_module {
	my ($dir, $from, $name) = @_;
	my $copy = built_for($name, $dir);

	return "$copy/$name.ko" if -e "$copy/$name.ko";
	run('cp', '-R', "$top/$from", $copy)
		&& run('make', '-s', '-C', "$dir/headers", "M=$copy", make_arch($dir), 'modules')
		or give_up("$name cannot be built");

	return "$copy/$name.ko";
}

# Replacement modules for the kernel in $dir.
sub replacement_modules {
	my ($dir) = @_;
	my $out = built_for('replacement', $dir);

	if (!-d $out) {
		my ($version) = read_file("$dir/release") =~ /^(\d+\.\d+)/;
		# The steps fit 7.2, but no series is for it.
		local $ENV{ANY_VERSION} = 1 if $version eq '7.2';
		my $ksrc = -e "$dir/source" ? "$dir/source" : get('get-source', $version);
		run("$top/integration/replacement-modules", "KSRC=$ksrc", "KDIR=$dir/headers", "OUT=$out",
			make_arch($dir))
			or give_up('the replacement modules cannot be built');
	}
	return glob "$out/*.ko";
}

# A kernel built from a tree with the rework, by default for s390x; NO_SUITES boots it without
# its KUnit suites.
sub in_tree_kernel {
	my ($version, $arch) = @_;
	my $ksrc = get('get-source', $version);

	return get('kunit-run', '--kernel', "KSRC=$ksrc", 'ARCH=' . ($arch // 's390x'));
}

use constant NO_SUITES => ('--append', 'kunit.enable=0');

# A statically linked program from tests/guest/, or vfio-bar.
sub guest_program {
	my ($name, $arch) = @_;

	my $dir = "$build/guest-" . ($arch // 'x86_64');

	run("$top/scripts/build-guest", $arch // 'x86_64', $dir, $name)
		or give_up("$name cannot be built");

	return "$dir/$name";
}

# Hooks for scripts that measure what tests do: commands at the end of each job, even if it
# fails, and a function that is called with the directory after each boot.
our ($job_end, $boot_end);

sub boot {
	my ($dir, $out, @options) = @_;

	write_file("$out/job", "(\n" . read_file("$out/job") . ")\nstatus=\$?\n$job_end\nexit \$status\n")
		if defined $job_end;
	my $good = boot_as_told($dir, $out, @options);
	$boot_end->($out) if $boot_end;
	return $good;
}

sub boot_as_told {
	my ($dir, $out, @options) = @_;

	return run("$top/scripts/lab-boot", '--kernel', $dir, '--job', "$out/job", '--out', $out, @options);
}

1;
