# SPDX-License-Identifier: GPL-2.0-only
#
# The same random requests on the stock path and on ours, on the same devices, which
# tests/guest/bar-diff first puts into the same state. Where stock's result is defined, ours must
# be the same. Documentation/contract.rst lists the differences; they are excluded here by the
# wording of that list.
package Differential;

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use Test::More;

use Lab;

# { class of a request, as bar-diff names it => wording of the contract, check of a pair of
# results }
my %DIFFERENT = (
	'bad-after-good' => {
		words => 'A bad pointer after good bytes',
		holds => sub {
			my ($stock, $ours) = @_;

			# The bytes that were done before the bad one, or the error.
			return $stock->{errno} == 14 && ($ours->{ret} > 0 || $ours->{errno} == 14)
				|| $stock->{ret} == $ours->{ret} && $stock->{errno} == $ours->{errno};
		},
	},
	'unwritable' => {
		words => 'A read whose destination cannot be written',
		holds => sub {
			my ($stock, $ours) = @_;

			return $stock->{errno} == 14 && $ours->{errno} == 14;
		},
	},
	'unreadable-hole' => {
		words => 'A write into the hole from memory that cannot be read',
		holds => sub {
			my ($stock, $ours) = @_;

			return ($stock->{ret} > 0 || $stock->{errno} == 14 || $stock->{errno} == 5)
				&& $ours->{errno} == 14;
		},
	},
);

# Other differences in that list, and why bar-diff makes no such request.
my %NOT_IN_THE_STREAM = (
	'8 bytes at a multiple of 8 on a memory BAR' => 'widths do not count here; tests/40-matrix-6.1.t',
	'Memory decode switched off during a long request' => 'depends on timing; tests/80-fuzz-requests.t',
	'``memory_lock`` during a long request' => 'depends on timing',
	'A fatal signal during a long request' => 'tests/50-switch-6.1.t',
	'Memory for requests above 64 bytes' => 'there is enough; tests/80-fuzz-requests.t',
	'The ROM with memory decode off' => 'tests/40-matrix-6.1.t',
	'A ROM that only the platform\'s firmware has (``pdev->rom``)' => 'no device has it; tests/80-fuzz-requests.t',
	'Concurrent requests on one ROM' => 'one at a time',
	'A read partly in the hole with memory decode off' => 'tests/long/97-selftest-mainline.t',
	'BARs on s390' => 'tests/48-matrix-s390x-6.12.t',
	'The name of a BAR\'s claim in /proc/iomem (6.1, 6.12, livepatch)' => 'no request shows it',
	'Concurrent first requests on a BAR (6.1, 6.12)' => 'one at a time; tests/50-switch-6.1.t',
);

# The differences in contract.rst that do not need the whole rework.
sub listed {
	my $contract = Lab::read_file(abs_path(dirname(__FILE__) . '/../../Documentation/contract.rst'));
	my ($section) = $contract =~ /^What is different from stock, and why\n=+\n(.*?)^With the whole rework only:/ms
		or die "contract.rst has no such section\n";

	return $section =~ /^(\S.*)\n(?=    )/mg;
}

sub check_list {
	my %known = (%NOT_IN_THE_STREAM, map { ($_->{words} => 1) } values %DIFFERENT);
	my @listed = listed();

	is(join("\n", sort @listed), join("\n", sort keys %known),
		'each difference that the contract lists is either excluded here or has its own test');
}

# { ID => { class, ret, errno, hash, text } } of one run.
sub requests {
	my ($results, $prefix) = @_;
	my %requests;

	while ($results =~ /^$prefix (\d+) (\S+) (-?\d+) (\d+) (\d+) (.*)$/mg) {
		$requests{$1} = { class => $2, ret => $3, errno => $4, hash => $5, text => $6 };
	}
	return \%requests;
}

sub same {
	my ($stock, $ours) = @_;

	return !grep { $stock->{$_} ne $ours->{$_} } qw(ret errno hash);
}

sub compare {
	my ($name, $stock, $ours) = @_;
	my (%count, %faults, %differ);

	is(join(' ', sort keys %$ours), join(' ', sort keys %$stock), "$name: both runs make the same requests");
	for my $id (sort { $a <=> $b } keys %$stock) {
		my ($s, $o) = ($stock->{$id}, $ours->{$id} // {});
		my $class = $s->{class};

		$count{$class}++;
		$differ{$class}++ unless same($s, $o);
		next if $class eq 'same' ? same($s, $o) : $DIFFERENT{$class}{holds}->($s, $o);
		push @{$faults{$class}}, "$s->{text}: stock $s->{ret} errno $s->{errno} hash $s->{hash}, "
			. "ours $o->{ret} errno $o->{errno} hash $o->{hash}";
	}
	for my $class ('same', sort keys %DIFFERENT) {
		my @faults = @{$faults{$class} // []};
		my $what = $class eq 'same' ? 'all that stock defines is the same'
			: "differs only as the contract says: $DIFFERENT{$class}{words}";

		ok($count{$class} && !@faults, sprintf '%s: %s (%u requests, %u differ)', $name, $what,
			$count{$class} // 0, $differ{$class} // 0);
		diag($_) for splice @faults, 0, 5;
	}
}

# Options: seed, requests, boot => [options of lab-boot].
sub test_kernel {
	my ($dir, $name, %opt) = @_;
	my ($seed, $requests) = ($ENV{VPW_SEED} // $opt{seed} // 1, $opt{requests} // 4000);
	my $out = tempdir(CLEANUP => !$ENV{VPW_KEEP});

	diag("kept: $out") if $ENV{VPW_KEEP};
	Lab::write_file("$out/job", <<"JOB");
lab_load_vfio && lab_bind && bar-diff $seed $requests stock || exit 1
lab_load_width && bar-diff $seed $requests ours
JOB
	ok(Lab::boot($dir, $out, '--module', Lab::module($dir), '--no-trace',
		'--file', Lab::guest_program('bar-diff'), @{$opt{boot} // []}),
		"$name: the machine finishes without a fault") or return;

	my $results = Lab::read_file("$out/results");
	compare("$name, seed $seed", requests($results, 'stock'), requests($results, 'ours'));
	like($results, qr/^$_ done$/m, "$name: $_ finishes") for qw(stock ours);

	my %state = map { my $run = $_; $run => join ' ', $results =~ /^$run state (.*)$/mg } qw(stock ours);
	ok($state{stock}, "$name: the state of the devices is logged");
	is($state{ours}, $state{stock}, "$name: the final state of the devices is the same");
}

1;
