#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# The two bugs of mainline's vfio-pci that our first series fixes: mainline 7.3 has them, and
# with that series alone it does not.
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Lab;

# An additional device, as no other has a memory BAR 4.
use constant {
	VIRTIO => '0000:00:0c.0',
	BAR => 4,
	PARAMETERS => '/sys/module/bar_grow/parameters',
	READS => 2000,
};

my $top = abs_path("$FindBin::Bin/../..");
my $dir = Lab::get('build-kernel', 'mainline-x86_64');

# The kernel's modules with the first series only.
sub fixed_modules {
	my $ksrc = Lab::get('get-source', '7.3');
	my $out = Lab::built_for('fixes', $dir);

	Lab::run("$top/integration/replacement-modules", "KSRC=$ksrc", "KDIR=$dir/headers", "OUT=$out",
		'SERIES=fixes')
		or Lab::give_up('the modules with the first series do not build');
	ok(!-e "$out/build/drivers/vfio/pci/vfio_pci_bar.c", 'fixes: the modules have nothing of later series');
	return glob "$out/*.ko";
}

# Runs the guest programs with these modules, or with the kernel's own; returns their results.
sub boot {
	my ($way, @modules) = @_;
	my $out = tempdir(CLEANUP => !$ENV{VPW_KEEP});
	my $load = join ' && ', 'lab_load_vfio',
		@modules ? 'rmmod vfio_pci && rmmod vfio_pci_core && insmod /vfio-pci-core.ko && insmod /vfio-pci.ko' : ();

	diag("kept: $out") if $ENV{VPW_KEEP};
	Lab::write_file("$out/job", <<"JOB");
LAB_ALL="\$LAB_NICX @{[VIRTIO]}"
$load && lab_bind && insmod /modules/bar-grow.ko &&
	fix-map @{[VIRTIO]} @{[BAR]} @{[PARAMETERS]}/grow @{[PARAMETERS]}/present &&
	rmmod bar_grow && fix-rom \$LAB_NICX @{[READS]}
JOB
	ok(Lab::boot($dir, $out, '--no-trace', '--smp', 2,
			'--module', Lab::test_module($dir, 'tests/bar-grow', 'bar-grow'),
			(map { ('--file', Lab::guest_program($_)) } 'fix-map', 'fix-rom'),
			(map { ('--data', $_) } @modules),
			'--qemu', '-device virtio-rng-pci,disable-legacy=on,addr=0xc'),
		"$way: the programs finish, and the kernel reports no fault")
		or return;

	my $results = Lab::read_file("$out/results");
	note($results);
	return $results;
}

# { ROUND => { reads, wrong, failed } }: all reads, those that returned wrong bytes, and those that
# failed or were short.
sub rom_rounds {
	my ($results) = @_;
	my %rounds;

	$rounds{$1} = { reads => $2, wrong => $3, failed => $4 }
		while $results =~ /^rom (\w+) (\d+) (\d+) (\d+)$/mg;
	return \%rounds;
}

sub check_all_right {
	my ($way, $rounds, $round, $reads, $what) = @_;

	is_deeply($rounds->{$round}, { reads => $reads, wrong => 0, failed => 0 }, "$way: $what");
}

# { OFFSET => what became of the page } in a mapping; empty if there is no such mapping.
sub pages {
	my ($results, $mapping) = @_;
	my %pages;

	$pages{$1} = $2 while $results =~ /^page $mapping (0x[0-9a-f]+) (.*)$/mg;
	return \%pages;
}

# Present before memory decode is disabled, absent after it, and then not mappable for DMA.
use constant ZAPPED => 'present absent EFAULT';

sub check_short {
	my ($way, $results) = @_;

	is_deeply(pages($results, 'short'),
		{ '0x0' => ZAPPED, '0x8000000000' => ZAPPED, '0xfffffff000' => ZAPPED },
		"$way: no page of a mapping of 1 TiB survives disabling memory decode");
}

sub test_stock {
	my $results = boot('stock') // return;
	my $rounds = rom_rounds($results);

	check_all_right('stock', $rounds, 'alone', READS, 'a single reader always reads the same ROM');
	cmp_ok($rounds->{reads}{wrong} // 0, '>', 0, 'stock: two readers at once read wrong bytes (bug)');
	cmp_ok($rounds->{infos}{wrong} // 0, '>', 0, 'stock: a reader reads wrong bytes while another program asks for the region info (bug)');

	check_short('stock', $results);
	is_deeply(pages($results, 'long'),
		{ '0x0' => ZAPPED, '0x10000000000' => ZAPPED, '0x20000000000' => 'present present mapped' },
		'stock: in a longer mapping, a page at 2 TiB survives and can be mapped for DMA (bug)');
}

sub test_fixed {
	my $results = boot('fixes', fixed_modules()) // return;
	my $rounds = rom_rounds($results);

	check_all_right('fixes', $rounds, 'alone', READS, 'a single reader always reads the same ROM');
	check_all_right('fixes', $rounds, 'reads', 2 * READS, 'two readers always read the same ROM');
	check_all_right('fixes', $rounds, 'infos', READS, 'a reader always reads the same ROM while another program asks for the region info');

	check_short('fixes', $results);
	like($results, qr/^map long refused EINVAL$/m, 'fixes: a mapping that extends into the ROM\'s region is refused');
}

test_stock();
test_fixed();
done_testing;
