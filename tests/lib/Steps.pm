# SPDX-License-Identifier: GPL-2.0-only
#
# Plans for tests/guest/bar-features: steps, their expected results, and the comparison with the
# devices' trace.
package Steps;

use strict;
use warnings;
no warnings 'portable';

use File::Temp qw(tempdir);
use Test::More;

use Lab;
use Plan;
use Trace;

use constant TRACING => '/sys/kernel/tracing';
use constant EVENT => TRACING . '/events/vfio_pci/vfio_pci_bar_access';
use constant HISTOGRAM => 'hist:keys=device,width,write';

# The BARs and the two legacy VGA ranges. The model of VGA memory takes single bytes, and the trace
# shows these; a small BAR in the page of 0xa0000 makes QEMU trace accesses to that page as they
# come from the bus.
my %BARS = (
	edu => { dev => 'edu', bar => 0, mode => 'ops', max => 8 },
	nic => { dev => 'nic', bar => 1, mode => 'subpage', max => 8 },
	port => { dev => 'nic', bar => 0, mode => 'port', max => 4 },
	rom => { dev => 'nicx', bar => 6, mode => 'none', max => 4 },
	nvme => { dev => 'nvme', bar => 0, mode => 'ops', max => 8 },
	memory => { dev => 'memory', bar => 2, mode => 'none', max => 8 },
	vga => { dev => 'vga', bar => 8, mode => 'subpage', max => 4, base => 0xa0000, size => 0x1000,
		 from => 0xa0000 },
	vgaport => { dev => 'vga', bar => 8, mode => 'port', max => 4, base => 0x3c0, size => 0x20,
		     from => 0x3c0 },
);

my %DEVICES = (
	edu => '0000:00:04.0', nic => '0000:00:05.0', nicx => '0000:00:06.0',
	nvme => '0000:00:07.0', memory => '0000:00:08.0', vga => '0000:00:09.0',
);

sub new {
	my ($class) = @_;

	return bless { plans => [], groups => [], next_id => 1, shift => 40 }, $class;
}

# Starts a plan for one program that opens @devices; $self->{shift} is the shift of region
# offsets.
sub begin {
	my ($self, $name, @devices) = @_;

	push @{$self->{plans}}, { name => $name, steps => [] };
	$self->{plan} = $name;
	for my $dev (@devices) {
		$self->step('device', $dev, $DEVICES{$dev});
		for my $bar (map { $BARS{$_} } sort keys %BARS) {
			$self->step('bar', $dev, $bar->{bar}) if $bar->{dev} eq $dev && !$bar->{base};
		}
	}
}

sub group {
	my ($self, $name) = @_;

	push @{$self->{groups}}, { name => "$self->{plan}: $name", checks => [] };
}

sub step {
	my ($self, @words) = @_;

	push @{$self->{plans}[-1]{steps}}, join ' ', @words;
}

# Adds a function that returns a list of faults.
sub check {
	my ($self, $code) = @_;

	push @{$self->{groups}[-1]{checks}}, $code;
}

# Adds a step with a result. $want: ret (default 0) or errno, value; for a request on a BAR also
# bar, rw, off, count, data (the number whose bytes are written) and max; text, if the step does
# not describe itself. Returns the step's ID.
sub result {
	my ($self, $want, $verb, @words) = @_;
	my $id = $self->{next_id}++;

	if (!$want) {
		$self->step($verb, $id, @words);
		return $id;
	}

	my $text = join ' ', $verb, map { /^\d{5,}$/ ? sprintf '%#x', $_ : $_ } $want->{text} // @words;
	$want->{ret} //= 0;
	$self->{wants}{$id} = $want;
	$self->step($verb, $id, @words);
	$self->check(sub {
		my $fault = $self->fault($id, $want);

		return defined $fault ? "$text: $fault" : ();
	});
	return $id;
}

# The offset of a byte of a BAR in the device's file.
sub position {
	my ($self, $name, $off) = @_;

	return ($BARS{$name}{from} // 0) + $off + ($BARS{$name}{bar} << $self->{shift});
}

# pread or pwrite of $count bytes. Options: max => the widest access if not the BAR's, errno =>
# the expected error.
sub request {
	my ($self, $rw, $name, $off, $count, %opt) = @_;
	my $data = $rw eq 'write' ? 0x1122334455667788 + $self->{next_id} : undef;
	my %want = (
		ret => $opt{errno} ? -1 : $count, errno => $opt{errno}, bar => $BARS{$name},
		rw => $rw, off => $off, count => $opt{errno} ? 0 : $count, data => $data,
		max => $opt{max},
	);

	return $self->result(\%want, $rw, $BARS{$name}{dev},
		$self->position($name, $off), $count, $data // ());
}

# Assigns an ioeventfd, signals it and deassigns it. Options as for request(); quiet => no access
# may reach the device.
sub ioeventfd {
	my ($self, $name, $off, $width, %opt) = @_;
	my $data = 0x99aabbccddeeff00 + $self->{next_id};
	my @args = ($BARS{$name}{dev}, $self->position($name, $off), $width, $data);
	my %signal = (
		ret => 8, bar => $BARS{$name}, rw => 'write', off => $off,
		text => sprintf('%u at %#x of %s', $width, $off, $name),
	);

	$self->result({}, 'assign', @args);
	$self->result({ %signal, count => $opt{quiet} ? 0 : $width, data => $data, max => $opt{max} },
		'signal');
	$self->result({}, 'deassign', @args);
	$self->result({ %signal, count => 0 }, 'signal');
}

# The accesses of a step as the device saw them.
sub traced {
	my ($self, $id, $bar) = @_;

	return Trace::accesses($self->{events}{$id} // [], $bar);
}

# The value that an access of a write of $data must have.
sub wanted_value {
	my ($want, $access) = @_;
	my $value = 0;

	for my $i (0 .. $access->{width} - 1) {
		my $byte = ($access->{off} - $want->{off} + $i) % 8;

		$value |= (($want->{data} >> (8 * $byte)) & 0xff) << (8 * $i);
	}
	return $value;
}

# The first 8 bytes that the device returned, as a number; undef if the trace lacks one.
sub given_value {
	my ($want, $accesses) = @_;
	my $value = 0;

	for my $access (@$accesses) {
		return undef unless defined $access->{value};
		for my $i (0 .. $access->{width} - 1) {
			my $byte = $access->{off} - $want->{off} + $i;

			$value |= (($access->{value} >> (8 * $i)) & 0xff) << (8 * $byte) if $byte < 8;
		}
	}
	return $value;
}

sub data_fault {
	my ($want, $accesses, $got) = @_;

	if ($want->{rw} eq 'read') {
		my $given = given_value($want, $accesses);

		return undef if !@$accesses || !defined $given || $given == $got;
		return sprintf 'read %#x, but the device returned %#x', $got, $given;
	}
	for my $access (grep { defined $_->{value} } @$accesses) {
		my $value = wanted_value($want, $access);

		return sprintf '%#x at %#x should be %#x', $access->{value}, $access->{off}, $value
			if $access->{value} != $value;
	}
	return undef;
}

# What is wrong with a step, or undef.
sub fault {
	my ($self, $id, $want) = @_;
	my $got = $self->{got}{$id};
	my $errno = $want->{errno} // 0;
	my $ret = $errno ? -1 : $want->{ret};

	return 'it did not run' unless $got;
	return "returned $got->{ret} errno $got->{errno}, not $ret errno $errno"
		if $got->{ret} != $ret || $got->{errno} != $errno;
	return "gave $got->{value}, not $want->{value}"
		if defined $want->{value} && $got->{value} ne $want->{value};
	return undef if !$want->{bar} || $want->{bar}{mode} eq 'none';

	my %bar = (%{$want->{bar}}, max => $want->{max} // $want->{bar}{max});
	my $wanted = [ map { { rw => $want->{rw}, off => $_->[0], width => $_->[1] } }
		@{Plan::accesses(\%bar, $want->{off}, $want->{count})} ];
	my $accesses = $self->traced($id, \%bar);

	return 'accesses: ' . Trace::text($accesses) . '; should be: ' . Trace::text($wanted)
		if Trace::text($accesses, 1e9) ne Trace::text($wanted, 1e9);
	return data_fault($want, $accesses, $got->{value});
}

# ---- the tracepoint ----

# The lines that a step printed.
sub shown {
	my ($self, $id) = @_;

	return @{$self->{lines}{$id} // []};
}

# Requests that the tracepoint must record, most of them split. Returns their IDs.
sub traced_requests {
	my ($self, $off) = @_;

	return (
		$self->request('write', 'edu', 0x1000 + $off, 8),
		$self->request('read', 'edu', 0x1008 + $off, 64),
		$self->request('read', 'edu', 0x1004 + $off, 12),
		$self->request('write', 'nic', 3 + $off, 13),
		$self->request('read', 'nic', 1 + $off, 7),
		$self->request('read', 'port', 2 + $off, 6),
		$self->request('write', 'port', $off, 1),
	);
}

# All accesses of some steps, as from Trace::accesses(), with device and BAR.
sub accesses_of {
	my ($self, @ids) = @_;
	my @found;

	for my $id (@ids) {
		my $bar = $self->{wants}{$id}{bar};

		push @found, map { { %$_, device => $DEVICES{$bar->{dev}}, bar => $bar->{bar} } }
			@{$self->traced($id, $bar)};
	}
	return @found;
}

# Compares two lists of texts.
sub differences {
	my ($got, $wanted) = @_;
	my $last = $#$got > $#$wanted ? $#$got : $#$wanted;

	return map { "\"$_->[0]\"; should be: \"$_->[1]\"" } grep { $_->[0] ne $_->[1] }
		map { [ $got->[$_] // 'nothing', $wanted->[$_] // 'nothing' ] } 0 .. $last;
}

sub histogram_differences {
	my ($lines, @accesses) = @_;
	my %count;

	$count{"$_->{device} $_->{rw} $_->{width}"}++ for @accesses;
	my @wanted = map { "$_: $count{$_}" } sort keys %count;
	my @got = map {
		/device: (\S+)\s*, width:\s*(\d+), write:\s*(\d+) \} hitcount:\s*(\d+)/ ?
			"$1 " . ($3 ? 'write' : 'read') . " $2: $4" : ()
	} @$lines;

	return differences([ sort @got ], \@wanted);
}

sub line_differences {
	my ($lines, @accesses) = @_;
	my @wanted = map {
		sprintf '%s bar=%d offset=0x%x width=%u %s error=0', @{$_}{qw(device bar off width rw)}
	} @accesses;
	my @got = map { /: vfio_pci_bar_access: (.*)/ ? $1 : () } @$lines;

	return differences(\@got, \@wanted);
}

# The tracepoint records exactly what the devices see, and nothing while it is off.
sub plan_tracepoint {
	my ($self) = @_;

	$self->group('tracepoint: a histogram counts what the devices saw');
	$self->request('read', 'edu', 0x1f00, 8);
	$self->step('file', EVENT . '/trigger', HISTOGRAM);
	my @counted = $self->traced_requests(0);
	my $histogram = $self->result({}, 'show', EVENT . '/hist');
	$self->step('file', EVENT . '/trigger', '!' . HISTOGRAM);
	$self->check(sub {
		return histogram_differences([ $self->shown($histogram) ], $self->accesses_of(@counted));
	});

	$self->group('tracepoint: each access has a line, but only while it is on');
	$self->request('write', 'edu', 0x1f08, 8);
	$self->step('file', EVENT . '/enable', 1);
	my @all = $self->traced_requests(0x40);
	$self->step('file', EVENT . '/enable', 0);
	$self->request('write', 'edu', 0x1f10, 8);
	$self->step('file', EVENT . '/filter', 'width==4&&write==1');
	$self->step('file', EVENT . '/enable', 1);
	my @filtered = $self->traced_requests(0x80);
	$self->step('file', EVENT . '/enable', 0);
	$self->step('file', EVENT . '/filter', 0);
	my $trace = $self->result({}, 'show', TRACING . '/trace');
	$self->check(sub {
		return line_differences([ $self->shown($trace) ], $self->accesses_of(@all),
			grep { $_->{width} == 4 && $_->{rw} eq 'write' } $self->accesses_of(@filtered));
	});
}

# ---- the machine ----

# Stores what the machine logged in the steps and the BARs.
sub take_results {
	my ($self, $results) = @_;

	for (split /\n/, $results) {
		if (/^bar (\S+) (\d+) 0x([0-9a-f]+) 0x([0-9a-f]+) \w+ at 0x([0-9a-f]+)$/) {
			for my $bar (grep { $_->{dev} eq $1 && $_->{bar} == $2 } values %BARS) {
				@{$bar}{qw(base size)} = (hex $3, hex $4);
			}
		} elsif (/^(\d+) line (.*)/) {
			push @{$self->{lines}{$1}}, $2;
		} elsif (/^(\d+) info (\d+) (\d+) 0x([0-9a-f]+) 0x([0-9a-f]+)$/) {
			@{$self->{info}{$1}}{qw(argsz flags size pos)} = ($2, $3, hex $4, hex $5);
		} elsif (/^(\d+) raw ([0-9a-f]*)$/) {
			$self->{raw}{$1} = $2;
		} elsif (/^(\d+) access (.*)$/) {
			$self->{access}{$1} = $2;
		} elsif (/^(\d+) (-?\d+) (\d+) (\d+)$/) {
			$self->{got}{$1} = { ret => $2, errno => $3, value => $4 };
		} elsif (/^done (\S+)/) {
			$self->{done}{$1} = 1;
		}
	}
}

sub in_a_bar {
	my ($addr) = @_;

	for my $bar (values %BARS) {
		return 1 if defined $bar->{base} && $addr >= $bar->{base} &&
			    $addr < $bar->{base} + $bar->{size};
	}
	return 0;
}

# Boots the kernel in $dir and runs $job, which finds each plan as /NAME.plan. Returns the console,
# or undef on failure. Options are those of lab-boot.
sub boot {
	my ($self, $dir, $job, @options) = @_;
	my $out = tempdir(CLEANUP => !$ENV{VPW_KEEP});

	diag("kept: $out") if $ENV{VPW_KEEP};
	Lab::write_file("$out/job", $job);
	for my $plan (@{$self->{plans}}) {
		Lab::write_file("$out/$plan->{name}.plan", join '', map { "$_\n" } @{$plan->{steps}});
		push @options, '--data', "$out/$plan->{name}.plan";
	}
	ok(Lab::boot($dir, $out, @options, '--file', Lab::guest_program('bar-features')),
		'the plans run and the kernel reports no fault')
		or return undef;

	$self->take_results(Lab::read_file("$out/results"));
	$self->{events} = Trace::events("$out/trace.log", \&in_a_bar);
	return Lab::read_file("$out/console.log");
}

# Reports one result per group of steps.
sub report {
	my ($self) = @_;

	for my $group (@{$self->{groups}}) {
		my @faults = map { $_->() } @{$group->{checks}};

		ok(@{$group->{checks}} && !@faults, $group->{name} . ' (' . @{$group->{checks}} . ')');
		next unless @faults;
		diag($_) for @faults[0 .. ($#faults < 4 ? $#faults : 4)];
		diag(@faults - 5 . ' more') if @faults > 5;
	}
}

1;
