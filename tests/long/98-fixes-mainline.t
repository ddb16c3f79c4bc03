#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# The two bugs of mainline's vfio-pci that our first series mends: mainline 7.3 has them,
# and has not with that series alone.
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Lab;

# The one device more, as none of the others has a BAR 4 of memory.
use constant {
	VIRTIO => '0000:00:0c.0',
	BAR => 4,
	PARAMETERS => '/sys/module/bar_grow/parameters',
	READS => 2000,
};

my $top = abs_path("$FindBin::Bin/../..");
my $dir = Lab::get('build-kernel', 'mainline-x86_64');

# The kernel's own modules with the first series, and none of the others.
sub fixed_modules {
	my $ksrc = Lab::get('get-source', '7.3');
	my $out = Lab::built_for('fixes', $dir);

	Lab::run("$top/integration/replacement-modules", "KSRC=$ksrc", "KDIR=$dir/headers", "OUT=$out",
		'SERIES=fixes')
		or Lab::give_up('the modules with the first series cannot be built');
	ok(!-e "$out/build/drivers/vfio/pci/vfio_pci_bar.c", 'fixes: the modules have nothing of what comes after');
	return glob "$out/*.ko";
}

# What the guest's programs found with these modules, or with the kernel's own.
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
		"$way: all was tried, and the kernel did not complain")
		or return;

	my $results = Lab::read_file("$out/results");
	note($results);
	return $results;
}

# By round, how many reads there were, how many gave wrong bytes, how many none.
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

# By offset in a mapping, what became of the page; nothing of a mapping that cannot be had.
sub pages {
	my ($results, $mapping) = @_;
	my %pages;

	$pages{$1} = $2 while $results =~ /^page $mapping (0x[0-9a-f]+) (.*)$/mg;
	return \%pages;
}

# In the page table before memory decode was turned off, then not, and then not to be had.
use constant ZAPPED => 'present absent EFAULT';

sub check_short {
	my ($way, $results) = @_;

	is_deeply(pages($results, 'short'),
		{ '0x0' => ZAPPED, '0x8000000000' => ZAPPED, '0xfffffff000' => ZAPPED },
		"$way: of a mapping of 1 TiB, nothing is left when memory decode is off");
}

sub test_stock {
	my $results = boot('stock') // return;
	my $rounds = rom_rounds($results);

	check_all_right('stock', $rounds, 'alone', READS, 'a single reader always finds the same ROM');
	cmp_ok($rounds->{reads}{wrong} // 0, '>', 0, 'stock: two readers do not: the bug');
	cmp_ok($rounds->{infos}{wrong} // 0, '>', 0, 'stock: nor does one while another asks for the region: the bug');

	check_short('stock', $results);
	is_deeply(pages($results, 'long'),
		{ '0x0' => ZAPPED, '0x10000000000' => ZAPPED, '0x20000000000' => 'present present mapped' },
		'stock: of a longer one, what lies at 2 TiB stays, and can even be mapped for DMA: the bug');
}

sub test_fixed {
	my $results = boot('fixes', fixed_modules()) // return;
	my $rounds = rom_rounds($results);

	check_all_right('fixes', $rounds, 'alone', READS, 'a single reader always finds the same ROM');
	check_all_right('fixes', $rounds, 'reads', 2 * READS, 'so do two');
	check_all_right('fixes', $rounds, 'infos', READS, 'and one while another asks for the region');

	check_short('fixes', $results);
	like($results, qr/^map long refused EINVAL$/m, 'fixes: a mapping that runs into the ROM\'s region is refused');
}

test_stock();
test_fixed();
done_testing;
