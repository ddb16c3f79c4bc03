#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# vfio-bar without a device: the command line, every failure that sysfs can show, and,
# with a fake VFIO, its requests. Each test compares exit code, standard output and
# standard error.

LC_ALL=C
export LC_ALL
unset VFIO_BAR_SYSFS VFIO_BAR_DEV VFIO_BAR_PROC VFIO_BAR_MODULES FAKE_VFIO_FAIL FAKE_VFIO_COMMAND FAKE_VFIO_LOG

top=$(cd "$(dirname "$0")/.." && pwd) || exit 1
man=$top/Documentation/man/vfio-bar.1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM

count=0
newline='
'

# report NAME: the exit status of the previous command is the result
report() {
	status=$?
	count=$((count + 1))
	if [ "$status" -eq 0 ]; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1"
	fi
	return "$status"
}

# same NAME GOT WANTED
same() {
	[ "$2" = "$3" ]
	report "$1" && return
	printf 'got: %s\nwanted: %s\n' "$2" "$3" | sed 's/^/# /'
}

# has NAME TEXT PART
has() {
	case $2 in
	*"$3"*) true ;;
	*) false ;;
	esac
	report "$1" && return
	printf 'got: %s\nwithout: %s\n' "$2" "$3" | sed 's/^/# /'
}

# run ARGUMENT...: sets code, out and err; with the fake VFIO, log has the requests on BARs
# and config the writes to configuration space
preload=
input=/dev/null
run() {
	: >"$tmp/log"
	# A tool that loops must fail before it fills the disk (10 MiB).
	(ulimit -f 20480 && exec timeout 60 env LD_PRELOAD="$preload" "$tmp/vfio-bar" "$@") \
		>"$tmp/out" 2>"$tmp/err" <"$input"
	code=$?
	out=$(cat "$tmp/out")
	err=$(cat "$tmp/err")
	log=$(grep -v '^write 7 ' "$tmp/log")
	config=$(grep '^write 7 ' "$tmp/log")
}

# usage MESSAGE ARGUMENT...: exit code 2, MESSAGE, the hint, and no output
usage() {
	message=$1
	shift
	run "$@"
	same "usage: $*" "$code|$out|$err" \
		"2||vfio-bar: $message${newline}Try 'vfio-bar --help' for more."
}

# fails NAME MESSAGE ARGUMENT...: exit code 1 and MESSAGE alone
fails() {
	name=$1
	message=$2
	shift 2
	run "$@"
	same "$name" "$code|$err" "1|vfio-bar: $message"
}

# put TEXT FILE
put() {
	mkdir -p "${2%/*}"
	printf '%s\n' "$1" >"$2"
}

# works NAME OUTPUT ARGUMENT...: exit code 0 and OUTPUT alone
works() {
	name=$1
	output=$2
	shift 2
	run "$@"
	same "$name" "$code|$out|$err" "0|$output|"
}

if ! make -C "$top/tools/vfio-bar" OUT="$tmp" all fake >"$tmp/make" 2>&1; then
	sed 's/^/# /' "$tmp/make"
	echo "not ok 1 - vfio-bar builds"
	exit 1
fi
! grep -i warning "$tmp/make"
report "builds without a warning"

# with_flags VERSION: builds with these flags, sets built to the version and the time
with_flags() {
	make -s -C "$top/tools/vfio-bar" OUT="$tmp/flags" CFLAGS=-O0 VERSION="$1" >"$tmp/make" 2>&1
	built=$("$tmp/flags/vfio-bar" --version; stat -c %y "$tmp/flags/vfio-bar")
}
with_flags 1
with_flags 2
has "other flags build anew" "$built" "vfio-bar 2$newline"
before=$built
with_flags 2
same "the same flags do not" "$built" "$before"
make -s -C "$top/tools/vfio-bar" OUT="$tmp/flags" VERSION=3 DESTDIR="$tmp/flags/root" PREFIX=/usr install >"$tmp/make" 2>&1
same "make install takes what was built" "$("$tmp/flags/root/usr/bin/vfio-bar" --version)" "vfio-bar 2"

#
# Help, version, manual page
#
run --help
same "--help succeeds" "$code|$err" "0|"
has "--help shows the usage" "$out" "Usage: vfio-bar info  BDF"
has "--help has examples" "$out" "vfio-bar read 00:04.0 0 0x80 8"
help=$out
version=$(cat "$top/VERSION")
works "--version" "vfio-bar $version" --version
works "-V" "vfio-bar $version" -V
run -h
same "-h is --help" "$code|$out" "0|$help"
run info 00:04.0 --help
same "--help after a command" "$code|$out" "0|$help"

missing=
# In the source of the page, --help is "Fl -help" or "Fl h , -help".
for option in $(printf '%s\n' "$help" | grep -o -e '--[a-z][a-z-]*' | sort -u); do
	grep -qE "^\\.It Fl (. , )?${option#-}( |$)" "$man" || missing="$missing $option"
done
same "the manual page has every option of --help" "$missing" ""
for word in info read write check bench status; do
	grep -q "^\\.It Cm $word" "$man" || missing="$missing $word"
done
same "the manual page has every command" "$missing" ""
if command -v mandoc >/dev/null 2>&1; then
	same "mandoc accepts the manual page" "$(mandoc -T lint -W warning "$man" 2>&1)" ""
else
	count=$((count + 1))
	echo "ok $count - mandoc accepts the manual page # SKIP no mandoc"
fi
for format in "mandoc -T ascii" "groff -mandoc -T ascii"; do
	if command -v "${format%% *}" >/dev/null 2>&1; then
		# shellcheck disable=SC2086 # a command and its options
		same "the manual page's footer, by ${format%% *}" \
			"$($format "$man" 2>/dev/null | sed -n '$s/ .*//p')" vfio-pci-width
	else
		count=$((count + 1))
		echo "ok $count - the manual page's footer, by ${format%% *} # SKIP no ${format%% *}"
	fi
done

make -C "$top/tools/vfio-bar" OUT="$tmp" DESTDIR="$tmp/inst" PREFIX=/usr install >"$tmp/make" 2>&1
same "make install" "$(cd "$tmp/inst" 2>/dev/null && find . -type f | sort)" \
	"./usr/bin/vfio-bar
./usr/share/bash-completion/completions/vfio-bar
./usr/share/man/man1/vfio-bar.1"

#
# Usage errors
#
dev=0000:00:04.0
number="is not a number"
scaled="is not a number with an optional k, M, G or T"
address="is not a PCI address (DDDD:BB:DD.F or BB:DD.F, in hex)"
nobar="is not a BAR (0 to 5, or rom)"

commands="the commands are info, read, write, check, bench and status"
usage "no command given: $commands"
usage "no command given: $commands" --
usage "unknown command 'peek': $commands" peek $dev
usage "unknown or ambiguous option '--foo'" info --foo $dev
usage "option '--re' needs an argument" read --re=3 $dev 0 0 4 --raw --re
usage "unknown or ambiguous option '--no'" info $dev --no
usage "option '--quiet=1' takes no argument" read $dev 0 0 4 --quiet=1
usage "option '--help=1' takes no argument" --help=1
usage "unknown option '-x'" info -x $dev
usage "option '--repeat' needs an argument" read $dev 0 0 4 --repeat
usage "option '--data' needs an argument" write $dev 0 0 --data
usage "option '--file' needs an argument" write $dev 0 0 --file

usage "info: too few arguments" info
usage "info: too many arguments: '0'" info $dev 0
usage "read: too few arguments" read $dev 0 0
usage "read: too many arguments: '5'" read $dev 0 0 4 5
usage "write: too few arguments" write $dev 0
usage "write: too many arguments: '5'" write $dev 0 0 1:1 5

for bdf in '' 0 00:04 00:4.0 00:04.8 00:20.0 000:00:04.0 0000:00:04.0x 0000:00:04.0: \
	:00:04.0 00:04:0 zz:04.0 000000000:00:04.0 '00:04.0 '; do
	usage "address '$bdf' $address" info "$bdf"
done
for bar in 6 '' x rom1 0x 00000000000000000006 18446744073709551616; do
	usage "BAR '$bar' $nobar" read $dev "$bar" 0 4
done

for offset in x '' 0x 0xg k +1 ' 1'; do
	usage "offset '$offset' $number" read $dev 0 "$offset" 4
done
for offset in 4q 4kk 1.5 '0 ' 0x1G2; do
	usage "offset '$offset' $scaled" read $dev 0 "$offset" 4
done
usage "offset '18446744073709551616' is too large" read $dev 0 18446744073709551616 4
usage "offset '0x10000000000000000' is too large" read $dev 0 0x10000000000000000 4
usage "offset '17179869184G' is too large" read $dev 0 17179869184G 4
usage "offset '-1' must not be negative" read -- $dev 0 -1 4
usage "a number must not be negative: '-1...'" read $dev 0 -1 4

usage "count '0' is not between 1 and 1073741824" read $dev 0 0 0
usage "count '1025M' is not between 1 and 1073741824" read $dev 0 0 1025M
usage "count '4x' $scaled" read $dev 0 0 4x
usage "count '-4' must not be negative" read -- $dev 0 0 -4
usage "a number must not be negative: '-4...'" read $dev 0 0 -42

usage "repeat count '0x' $number" read $dev 0 0 4 --repeat 0x
usage "repeat count '1k' $number" read $dev 0 0 4 --repeat 1k
usage "repeat count '-3' must not be negative" read $dev 0 0 4 --repeat -3
usage "repeat count must not be 0" read $dev 0 0 4 --repeat 0
usage "--repeat is only for read and write" info $dev --repeat 2
usage "--raw is only for read" write $dev 0 0 1:1 --raw
usage "--quiet is only for read and bench" info $dev --quiet
usage "--no-decode is only for info, read, write, check and bench" status --no-decode
usage "--json is only for status" info $dev --json
usage "--csv is only for bench" check $dev 0 0 --csv x
usage "--write is only for check and bench" read $dev 0 0 4 --write
usage "--switch and --no-switch are mutually exclusive" bench $dev 0 0 --switch --no-switch
usage "--csv and --plot must be different files" bench $dev 0 0 --csv x --plot x
usage "--csv and --plot must be different files" bench $dev 0 0 --csv - --plot -
usage "--value needs --write" check $dev 0 0 --value 1
usage "value 'x' is not a number" check $dev 0 0 --write --value x
usage "number of samples '9' is not between 10 and 1000000" bench $dev 0 0 --samples 9
usage "CPU '65536' is too large" bench $dev 0 0 --cpu 65536
usage "status: too many arguments: '$dev'" status $dev
usage "check: too few arguments" check $dev 0
usage "bench: too many arguments: '8'" bench $dev 0 0 8
usage "--raw and --quiet are mutually exclusive" read $dev 0 0 4 --raw --quiet
usage "--data is only for write" read $dev 0 0 4 --data 00
usage "--file is only for write" info $dev --file x

choose="write needs one of VALUE:WIDTH, --data and --file"
usage "$choose" write $dev 0 0
usage "$choose" write $dev 0 0 1:1 --data 00
usage "$choose" write $dev 0 0 1:1 --file x
usage "$choose" write $dev 0 0 --data 00 --file x
usage "value '1' has no width: append :1, :2, :4 or :8" write $dev 0 0 1
for value in 1: 1:0 1:3 1:16 1:x 1:-1 1:1k; do
	usage "value '$value' has a width that is not 1, 2, 4 or 8" write $dev 0 0 $value
done
for value in :1 x:1 0x:4 1k:4 1:1:1; do
	usage "value '$value' $number" write $dev 0 0 $value
done
for value in 256:1 0x10000:2 4294967296:4; do
	usage "value '$value' does not fit into its width" write $dev 0 0 $value
done
usage "value '18446744073709551616:8' is too large" write $dev 0 0 18446744073709551616:8
usage "value '-1:4' must not be negative" write -- $dev 0 0 -1:4
usage "value '0000000000000000000000000000000001:4' is too long" \
	write $dev 0 0 0000000000000000000000000000000001:4

usage "--data '' is empty" write $dev 0 0 --data ''
usage "--data '0x' is empty" write $dev 0 0 --data 0x
usage "--data '123' has an odd number of hex digits" write $dev 0 0 --data 123
usage "--data '12 3g' has a character that is not a hex digit" write $dev 0 0 --data '12 3g'
usage "--data '12,34' has a character that is not a hex digit" write $dev 0 0 --data 12,34

#
# Failures that sysfs and /dev show, in a fake tree
#
VFIO_BAR_SYSFS=$tmp/sys
VFIO_BAR_DEV=$tmp/dev
export VFIO_BAR_SYSFS VFIO_BAR_DEV
devices=$VFIO_BAR_SYSFS/bus/pci/devices
group=$VFIO_BAR_SYSFS/kernel/iommu_groups/3
mkdir -p "$devices" "$group/devices" "$VFIO_BAR_DEV"

# add_function BDF: a function without driver and group
add_function() {
	mkdir -p "$devices/$1"
}

# set_driver BDF [DRIVER]
set_driver() {
	rm -f "$devices/$1/driver"
	[ -z "$2" ] || ln -s "../../drivers/$2" "$devices/$1/driver"
}

# set_group BDF
set_group() {
	ln -s "../../../../kernel/iommu_groups/3" "$devices/$1/iommu_group"
	ln -s "../../../../bus/pci/devices/$1" "$group/devices/$1"
}

fails "no such device" "no PCI device 0000:00:04.0: 'lspci -D' lists the addresses" info $dev
fails "no such device, short address" \
	"no PCI device 0000:0a:1f.7: 'lspci -D' lists the addresses" read 0A:1F.7 0 0 4
fails "no such device, long domain" \
	"no PCI device 10000:00:01.0: 'lspci -D' lists the addresses" info 00010000:00:01.0

add_function $dev
fails "no IOMMU group" "$dev has no IOMMU group: enable the IOMMU in the firmware, on Intel also \
boot with intel_iommu=on; or load vfio with enable_unsafe_noiommu_mode=1" info $dev

set_group $dev
path=/sys/bus/pci/devices/$dev
bind="echo vfio-pci > $path/driver_override"
probe="echo $dev > /sys/bus/pci/drivers_probe"
fails "no driver" "$dev is not bound to vfio-pci (driver: none): \
run modprobe vfio-pci; $bind; $probe" info $dev

set_driver $dev e1000e
unbound="$dev is not bound to vfio-pci (driver: e1000e): run modprobe vfio-pci; $bind; \
echo $dev > $path/driver/unbind; $probe"
fails "another driver" "$unbound" info $dev
fails "another driver, read" "$unbound" read $dev 0 0 4
fails "another driver, write" "$unbound" write $dev 0 0 1:1

set_driver $dev vfio-pci
fails "/dev/vfio missing" "$VFIO_BAR_DEV/vfio is missing: load VFIO with 'modprobe vfio-pci'" \
	info $dev
mkdir "$VFIO_BAR_DEV/vfio"
fails "group file missing" "$VFIO_BAR_DEV/vfio/3 is missing though $dev is bound to vfio-pci: \
vfio-bar needs CONFIG_VFIO_GROUP, which this kernel may lack" info $dev

: >"$VFIO_BAR_DEV/vfio/3"
fails "not VFIO's file" "cannot get the status of IOMMU group 3: \
Inappropriate ioctl for device" info $dev
add_function 0000:00:04.1
set_group 0000:00:04.1
set_driver 0000:00:04.1 ahci
add_function 0000:00:04.2
set_group 0000:00:04.2
set_driver 0000:00:04.2 snd_hda_intel
add_function 0000:00:01.0
set_group 0000:00:01.0
set_driver 0000:00:01.0 pcieport
viable="IOMMU group 3 is not viable: bind to vfio-pci, or unbind:"
run info $dev
same "group not viable" "$code|$(printf '%s' "$err" | grep -c '')" "1|1"
has "group not viable: what to do" "$err" "vfio-bar: $viable "
has "group not viable: one device" "$err" "0000:00:04.1 (ahci)"
has "group not viable: another device" "$err" "0000:00:04.2 (snd_hda_intel)"
case $err in *pcieport* | *vfio-pci\)*) false ;; *) true ;; esac
report "group not viable: drivers that leave it viable are not named"
set_driver 0000:00:04.2
fails "group not viable, exactly" "$viable 0000:00:04.1 (ahci)" info $dev
set_driver 0000:00:04.1 mlx5_vfio_pci

fails "the ROM is not written" "the ROM is read-only" write $dev rom 0 1:1
fails "file missing" "cannot open $tmp/none: No such file or directory" \
	write $dev 0 0 --file "$tmp/none"
fails "file empty" "/dev/null is empty: there is nothing to write" \
	write $dev 0 0 --file /dev/null
fails "standard input empty" "- is empty: there is nothing to write" write $dev 0 0 --file -
fails "file is a directory" "cannot read $tmp: Is a directory" write $dev 0 0 --file "$tmp"
truncate -s 1073741825 "$tmp/large"
fails "file too large" "$tmp/large is too large: a request has at most 1073741824 bytes" \
	write $dev 0 0 --file "$tmp/large"
rm -f "$tmp/large"

#
# With the fake VFIO
#
: >"$VFIO_BAR_DEV/vfio/vfio"
printf '%s\n' '0xfe000000 0xfe0fffff 0x40200' '0 0 0' \
	'0xfc000000 0xfc003fff 0x14220c' '0 0 0' '0xc000 0xc01f 0x40101' '0 0 0' \
	'0xfb000000 0xfb00ffff 0x46200' >"$devices/$dev/resource"
preload=$tmp/fake-vfio.so
FAKE_VFIO_LOG=$tmp/log
export FAKE_VFIO_LOG

# failing SETTING NAME MESSAGE ARGUMENT...
failing() {
	FAKE_VFIO_FAIL=$1
	export FAKE_VFIO_FAIL
	shift
	fails "$@"
	unset FAKE_VFIO_FAIL
}

head="$dev: 1234:abcd, driver vfio-pci, IOMMU group 3"
bar0="BAR 0: size 0x100000 (1 MiB), mem32, read write mmap, offset 0x0"
bar2="BAR 2: size 0x4000 (16 KiB), mem64 prefetchable, read write mmap caps, \
offset 0x20000000000, msix-table 0x2000-0x204f, mmap only 0x0-0x1fff 0x3000-0x3fff, \
msix-mappable, capability 77 version 3"
bar4="BAR 4: size 0x20 (32 bytes), I/O ports, read write, offset 0x40000000000"
rom="ROM: size 0x10000 (64 KiB), ROM, read, offset 0x60000000000"
on="command 0x0003: memory decode on (off when opened), I/O decode on (off when opened)"
works "info" "$head$newline$on$newline$bar0$newline$bar2$newline$bar4$newline$rom" info $dev
same "decoding is turned on and back" "$config" "write 7 0x4 2 0300${newline}write 7 0x4 2 0000"
off="command 0x0000: memory decode off, I/O decode off"
works "info --no-decode" "$head$newline$off$newline$bar0$newline$bar2$newline$bar4$newline$rom" \
	--no-decode info 00:04.0
same "--no-decode writes no register" "$config" ""
FAKE_VFIO_COMMAND=0x507
export FAKE_VFIO_COMMAND
run info $dev
has "decoding was on" "$out" "command 0x0507: memory decode on, I/O decode on$newline"
same "decoding that was on is left alone" "$config" ""
FAKE_VFIO_COMMAND=0x401
run info $dev
same "other bits of the command register stay" "$config" \
	"write 7 0x4 2 0304${newline}write 7 0x4 2 0104"
unset FAKE_VFIO_COMMAND
mv "$devices/$dev/resource" "$devices/$dev/hidden"
run info $dev
has "kind unknown to sysfs" "$out" "BAR 0: size 0x100000 (1 MiB), unknown kind, read"
mv "$devices/$dev/hidden" "$devices/$dev/resource"

#
# Access widths, which only kernels with the rework report
#
FAKE_VFIO_FAIL=width=1
export FAKE_VFIO_FAIL
works "info, access widths" "$head$newline$on
$bar0, read-width 8 natural boundary 8, write-width 8 natural boundary 8
$bar2, read-width 4096 any boundary 4096, write-width 128 block boundary 2048, hole 0x2000-0x204f
$bar4, read-width 4 alignment 7 boundary 4, write-width 4 alignment 4294967295 boundary 2147483648
$rom, read-width 4 natural boundary 4, write-width none" \
	info $dev
unset FAKE_VFIO_FAIL

#
# Broken capability lists: one line each, and no endless loop
#

# broken SETTING NAME REASON
broken() {
	failing "$1" "broken capabilities: $2" "the capability list of BAR 2 of $dev is broken: $3" \
		info $dev
}
walk="it leaves the region info or runs backwards"
for width in 0 1; do
	broken "caps=1 width=$width" "back to the first" "$walk"
	broken "caps=2 width=$width" "one points to itself" "$walk"
	broken "caps=3 width=$width" "in the fixed part" "$walk"
	same "broken capabilities: in the fixed part: none is printed" \
		"$(printf '%s\n' "$out" | sed -n 's/^BAR 2: .* msix-table//p')" " 0x2000-0x204f"
	broken "caps=4 width=$width" "the first is past the end" "$walk"
	broken "caps=5 width=$width" "the next is past the end" "$walk"
done
broken caps=6 "the next crosses the end" "$walk"
broken caps=9 "more sparse areas than there is room" "the sparse mmap capability is cut short"
failing caps=10 "a description that grows" "the info of region 2 of $dev grows with every call" info $dev
failing caps=11 "a description of 4 GiB" "region info of $dev has 4294967288 bytes, which is too large" \
	info $dev
failing caps=10 "a description that grows, read" "the info of region 2 of $dev grows with every call" read $dev 2 0 4
same "a description that grows: no request" "$log" ""

#
# A BAR that is too large for the usual region offsets
#
for bar in 0 2 5; do
	FAKE_VFIO_FAIL=big=$bar
	export FAKE_VFIO_FAIL
	run info $dev
	has "BAR $bar of 2 TiB: size" "$code $out" "BAR $bar: size 0x20000000000 (2 TiB), "
	has "BAR $bar of 2 TiB: offset" "$out" ", offset $(printf '0x%x' $((bar << 56)))"
	works "BAR $bar of 2 TiB: its last bytes" \
		"000001fffffffff8  da db dc dd de df e0 e1                           |........|
0x000001fffffffff8: 0xe1e0dfdedddcdbda" read $dev $bar 0x1fffffffff8 8
	same "BAR $bar of 2 TiB: its last bytes are one request" "$log" "read $bar 0x1fffffffff8 8"
	run write $dev $bar 1T 0x1122334455667788:8
	same "BAR $bar of 2 TiB: write in the middle" "$code|$err|$log" \
		"0||write $bar 0x10000000000 8 8877665544332211"
	run --quiet read $dev $bar 2047G 4
	same "BAR $bar of 2 TiB: below the middle" "$code|$err|$log" "0||read $bar 0x1ffc0000000 4"
	fails "BAR $bar of 2 TiB: past its end" "offset 0x20000000000 is beyond BAR $bar of $dev, \
which has 0x20000000000 bytes" read $dev $bar 2T 1
	fails "BAR $bar of 2 TiB: across its end" "read of BAR $bar at 0x1fffffffffe: short count: \
2 of 4 bytes, the BAR ends at 0x20000000000" read $dev $bar 0x1fffffffffe 4
	run --quiet read $dev 4 0 4
	same "BAR $bar of 2 TiB: the others are found" "$code|$err|$log" "0||read 4 0x0 4"
	unset FAKE_VFIO_FAIL
done

: >"$VFIO_BAR_DEV/vfio/noiommu-3"
FAKE_VFIO_FAIL=type=8
export FAKE_VFIO_FAIL
run info $dev
has "a group without IOMMU" "$code $out" "0 $dev: 1234:abcd, driver vfio-pci, no-IOMMU group 3"
unset FAKE_VFIO_FAIL
rm "$VFIO_BAR_DEV/vfio/noiommu-3"

works "read 8" "00000080  80 81 82 83 84 85 86 87                           |........|
0x0000000000000080: 0x8786858483828180" read $dev 0 0x80 8
same "read 8 is one request" "$log" "read 0 0x80 8"
works "read 1" "00000041  41                                                |A|
0x0000000000000041: 0x41" read $dev 0 65 1
works "read 2" "00000400  14 15                                             |..|
0x0000000000000400: 0x1514" read $dev 0 1k 2
works "read 4" "00000030  30 31 32 33                                       |0123|
0x0000000000000030: 0x33323130" read 00:04.0 2 0x30 4
works "read 20" "00000030  30 31 32 33 34 35 36 37  38 39 3a 3b 3c 3d 3e 3f  |0123456789:;<=>?|
00000040  40 41 42 43                                       |@ABC|" read $dev rom 0x30 20
run --quiet read $dev 0 0 64k --repeat 3
same "read --quiet prints nothing" "$code|$out|$err" "0||"
same "--repeat 3 makes three requests" "$log" \
	"read 0 0x0 65536${newline}read 0 0x0 65536${newline}read 0 0x0 65536"
works "read --raw" "0123456" --raw read $dev 0 0x30 7
works "read, repeated, prints once" "0123" read $dev 0 0x30 4 --raw --repeat 1000
works "arguments after --" "01" read --raw -- $dev 0 0x30 2

works "write a number" "" write $dev 0 0x10 0x1122334455667788:8
same "a number is one request, little endian" "$log" "write 0 0x10 8 8877665544332211"
works "write a number twice" "" write $dev 4 0 258:4 --repeat 2
same "twice is two requests" "$log" \
	"write 4 0x0 4 02010000${newline}write 4 0x0 4 02010000"
works "write the largest numbers" "" write $dev 0 0 255:1
same "255 in one byte" "$log" "write 0 0x0 1 ff"
works "write all ones" "" write $dev 0 0 18446744073709551615:8
same "all ones in 8 bytes" "$log" "write 0 0x0 8 ffffffffffffffff"
works "write --data" "" write $dev 2 1k --data '0x01 02:03_0A0b 0c'
same "--data is one request" "$log" "write 2 0x400 6 0102030a0b0c"
printf 'payload' >"$tmp/payload"
works "write --file" "" write $dev 0 3 --file "$tmp/payload"
same "--file is one request" "$log" "write 0 0x3 7 7061796c6f6164"
input=$tmp/payload
works "write --file -" "" write --file - $dev 0 3
same "standard input is one request" "$log" "write 0 0x3 7 7061796c6f6164"
input=/dev/null
head -c 300000 /dev/zero >"$tmp/payload"
works "write a file of 300000 bytes" "" write $dev 0 0 --file "$tmp/payload"
same "300000 bytes are one request" "$log" \
	"write 0 0x0 300000 00000000000000000000000000000000"

there="it has: BAR 0, BAR 2, BAR 4, ROM"
fails "absent BAR" "$dev has no BAR 1; $there" read $dev 1 0 4
fails "absent BAR, write" "$dev has no BAR 5; $there" write $dev 5 0 1:1
same "an absent BAR gets no request" "$log" ""
fails "offset at the BAR's end" "offset 0x100000 is beyond BAR 0 of $dev, \
which has 0x100000 bytes" read $dev 0 1M 4
fails "offset far beyond the BAR" "offset 0xffffffffffffffff is beyond BAR 0 of $dev, \
which has 0x100000 bytes" write $dev 0 0xffffffffffffffff 1:1
same "an offset beyond the BAR gets no request" "$log" ""

fails "read across the BAR's end" "read of BAR 0 at 0xffffc: short count: 4 of 8 bytes, \
the BAR ends at 0x100000" read $dev 0 0xffffc 8
same "what did arrive is printed" "$out" \
	"000ffffc  91 92 93 94                                       |....|"
same "a short read is not continued" "$log" "read 0 0xffffc 8"
fails "read across the ROM's end" "read of ROM at 0xfff0: short count: 16 of 32 bytes, \
the ROM ends at 0x10000" read $dev rom 0xfff0 32 --quiet
fails "write across the BAR's end" "write of BAR 4 at 0x1e: short count: 2 of 4 bytes, \
the BAR ends at 0x20" write $dev 4 30 1:4 --repeat 1
same "a short write is not continued" "$log" "write 4 0x1e 4 01000000"
failing short=3 "short count inside the BAR" "read of BAR 0 at 0x30 (request 1): short count: \
3 of 8 bytes" read $dev 0 0x30 8 --raw --repeat 5
same "short count inside the BAR: output" "$out" "012"
same "a short count ends the repetition" "$log" "read 0 0x30 8"
failing short=0 "nothing carried" "write of BAR 0 at 0x0: short count: 0 of 4 bytes" \
	write $dev 0 0 1:4

FAKE_VFIO_COMMAND=1
export FAKE_VFIO_COMMAND
fails "decoding off" "read of BAR 0 at 0x0: memory decode of $dev is off: leave out --no-decode" \
	read $dev 0 0 4 --no-decode
same "decoding off: one request, nothing printed" "$log|$out" "read 0 0x0 4|"
unset FAKE_VFIO_COMMAND
works "decoding turned on" "0123" read $dev 0 0x30 4 --raw
failing rw=5 "input/output error" "read of BAR 0 at 0x0: the access failed in the device or the \
platform (Input/output error)" read $dev 0 0 4
failing rw=14 "EFAULT" "write of BAR 0 at 0x0: the kernel cannot access the buffer \
(Bad address)" write $dev 0 0 1:4
failing rw=16 "BAR claimed" "read of BAR 0 at 0x0: another driver has claimed this BAR \
(see /proc/iomem)" read $dev 0 0 4
failing rw=12 "another error" "read of BAR 0 at 0x0 (request 1): Cannot allocate memory" \
	read $dev 0 0 4 --repeat 2

failing group=16 "group busy" "IOMMU group 3 is busy: 'fuser -v $VFIO_BAR_DEV/vfio/3' \
shows who has it open" info $dev
failing group=13 "no permission" "permission denied for $VFIO_BAR_DEV/vfio/3: run as \
root, or chown it to your user" info $dev
failing container=2 "no container" "$VFIO_BAR_DEV/vfio/vfio is missing: load VFIO with \
'modprobe vfio-pci'" info $dev
failing container=13 "no permission for the container" "permission denied for \
$VFIO_BAR_DEV/vfio/vfio: run as root, or chown it to your user" info $dev
failing status=0 "group not viable, cause unknown" "IOMMU group 3 is not viable \
(see /sys/kernel/iommu_groups/3/devices)" info $dev
set_driver 0000:00:04.1 ahci
failing status=0 "group not viable, from VFIO" "$viable 0000:00:04.1 (ahci)" info $dev
set_driver 0000:00:04.1
failing attach=1 "container refused" "cannot add IOMMU group 3 to a container: \
Operation not permitted" info $dev
failing type=0 "no IOMMU driver" "VFIO cannot use this IOMMU: try 'modprobe vfio_iommu_type1'" \
	info $dev
failing iommu=1 "no interrupt remapping" "not permitted to use the IOMMU (see the kernel log): \
without interrupt remapping, load vfio_iommu_type1 with allow_unsafe_interrupts=1" info $dev
failing iommu=12 "IOMMU refused" "cannot use the IOMMU: Cannot allocate memory" info $dev
failing device=16 "device busy" "$dev is busy: another process has it open" info $dev
failing device=22 "device refused" "cannot open $dev through IOMMU group 3: \
Invalid argument (see the kernel log)" info $dev
set_driver $dev
failing device=19 "device not in the group any more" "$dev is not bound to vfio-pci \
(driver: none): run modprobe vfio-pci; $bind; $probe" info $dev
set_driver $dev some-variant
run info $dev
has "a driver without vfio in its name" "$code $out" \
	"0 $dev: 1234:abcd, driver some-variant, IOMMU group 3"
set_driver $dev vfio-pci

#
# check and bench: what the register reads, and ranges with side effects
#
same="give the same value"
works "check" "BAR 0 of $dev at 0x80, by what the register reads
read    1: 1
read    2: 2
read    4: 4
read    8: unknown: 8 and 4+4 $same" check $dev 0 0x80
same "check writes nothing" "$(printf '%s\n' "$log" | grep write)" ""
mkdir -p "$VFIO_BAR_SYSFS/module/vfio_pci_core/parameters"
echo '0,1234:11e8:2' >"$VFIO_BAR_SYSFS/module/vfio_pci_core/parameters/bar_max_width"
run check $dev 0 0x80
has "check, with a limit below 4" "$out" "read    8: unknown: 8 and 4+4 and 2+2+2+2 and 8 x 1 $same"
rm -r "$VFIO_BAR_SYSFS/module"
tracing=$VFIO_BAR_SYSFS/kernel/tracing
mkdir -p "$tracing/events/vfio_pci/vfio_pci_bar_access" "$tracing/instances"
works "check, by the tracepoint" "BAR 0 of $dev at 0x80, by the kernel's tracepoint
$(for n in 1 2 4 8 16 32 64 128; do printf 'read  %3u: %u\n' $n $n; done)" check $dev 0 0x80
rm -r "$tracing"
run check $dev 0 0x84
has "check at a multiple of 4" "$code $out" "0 BAR 0 of $dev at 0x84, by what the register reads"
has "check at a multiple of 4: 8 bytes are skipped" "$out" "read    8: skipped, 0x84 is not a multiple of 8"

# answering WIDTH NAME OUTPUT: checks a BAR whose reads return the access width, at most WIDTH
answering() {
	FAKE_VFIO_FAIL=answers=$1
	export FAKE_VFIO_FAIL
	run check $dev 4 0
	unset FAKE_VFIO_FAIL
	has "$2" "$code $out" "0 BAR 4 of $dev at 0x0, by what the register reads, without a \
mapping
$3"
}
answering 8 "check: accesses of 8 differ from narrower ones" "read    1: 1
read    2: 2
read    4: 4
read    8: 8"
answering 4 "check: 8 bytes read as those of 4" "read    1: 1
read    2: 2
read    4: 4
read    8: unknown: 8 and 4+4 $same"

run check $dev 0 0x80 --write --value 0x55
has "check --write" "$code $out" "0 BAR 0 of $dev at 0x80"
has "check --write: 8 bytes" "$log" "write 0 0x80 8 5500000000000000"
fails "check --write: the ROM" "the ROM is read-only" check $dev rom 0 --write
fails "check of an absent BAR" "$dev has no BAR 1; $there" check $dev 1 0

effects="where accesses have side effects: choose another offset, or use --force"
fails "check of the MSI-X table" "0x204f in BAR 2 of $dev is in the MSI-X table, $effects" \
	check $dev 2 0x204f
same "check of the MSI-X table: no request" "$log" ""
fails "check of the pending bits" "0x3000 in BAR 2 of $dev is in the MSI-X pending bit array, $effects" \
	check $dev 2 0x3000
run check $dev 2 0x1ffc
same "check ends before the MSI-X table" "$code|$(printf '%s\n' "$out" | tail -n 1)" \
	"0|read    4: 4"
run check $dev 2 0x2000 --force
has "check --force" "$code $out" "0 BAR 2 of $dev at 0x2000"
fails "bench of the MSI-X table" "0x2000 in BAR 2 of $dev is in the MSI-X table, $effects" \
	bench $dev 2 0x2000
failing class=67586 "NVMe doorbells" "0x1000 in BAR 0 of $dev is in the NVMe doorbells, $effects" \
	check $dev 0 4k
failing virtio=1 "virtio notifications" "0x2800 in BAR 0 of $dev is in the virtio notification area, \
$effects" check $dev 0 0x2800
failing virtio=1 "virtio interrupt status" "0x3000 in BAR 0 of $dev is in the virtio interrupt status, \
$effects" check $dev 0 0x3000
failing virtio=1 "virtio configuration, to write" "0x1000 in BAR 0 of $dev is in the virtio common \
configuration, $effects" check $dev 0 0x1000 --write
FAKE_VFIO_FAIL=virtio=1
export FAKE_VFIO_FAIL
run check $dev 0 0x1000
has "virtio configuration can be read" "$code $out" "0 BAR 0 of $dev at 0x1000"
unset FAKE_VFIO_FAIL
for offset in 0x0 0x18; do
	failing virtio=2 "legacy virtio configuration at $offset, to write" "$offset in BAR 0 of $dev is in the \
virtio legacy configuration, $effects" check $dev 0 $offset --write
	failing virtio=2 "legacy virtio configuration at $offset, bench --write" "$offset in BAR 0 of $dev is in \
the virtio legacy configuration, $effects" bench $dev 0 $offset --write
	same "legacy virtio configuration at $offset: no request" "$log" ""
	FAKE_VFIO_FAIL=virtio=2
	export FAKE_VFIO_FAIL
	run check $dev 0 $offset
	has "legacy virtio configuration at $offset can be read" "$code $out" "0 BAR 0 of $dev at $offset"
	unset FAKE_VFIO_FAIL
done
failing virtio=2 "legacy virtio notification" "0x10 in BAR 0 of $dev is in the virtio legacy notification \
and status registers, $effects" check $dev 0 0x10

run bench $dev 0 0x80 --samples 20 --csv "$tmp/csv"
has "bench" "$code $out" "0 $dev (1234:abcd), BAR 0 at 0x80, kernel $(uname -r)"
has "bench says what it measures" "$out" "only the none path; the livepatch is not switched: the path is none"
has "bench: progress" "$err" "round 5 of 5: none, read"
same "bench: a line for each size" "$(cut -d, -f8-11 "$tmp/csv")" "path,direction,bytes,samples
$(for n in 1 2 4 8 64 128 256 512 1024 2048 4096; do echo "none,read,$n,20"; done)"
same "bench: all lines have all columns" "$(awk -F, 'NF != 17 || /,,/' "$tmp/csv")" ""
same "bench: the median is not below the 5th percentile, nor above the 95th" \
	"$(awk -F, 'NR > 1 && ($13 > $12 || $12 > $14)' "$tmp/csv")" ""
same "bench makes the requests that it says" \
	"$(printf '%s\n' "$log" | sort | uniq -c | awk '{ print $1, $5 }' | sort -k2n | tr '\n' ' ')" \
	"25 1 25 2 25 4 25 8 25 64 25 128 25 256 25 512 25 1024 25 2048 26 4096 "
run bench $dev 4 0 --quiet --write --samples 10 --csv "$tmp/csv"
same "bench of a small BAR, writes too: what fits" "$code|$err|$(cut -d, -f9,10 "$tmp/csv" | tr '\n' ' ')" \
	"0||direction,bytes read,1 read,2 read,4 read,8 write,1 write,2 write,4 write,8 "
same "bench writes what was there" \
	"$(printf '%s\n' "$log" | grep write | sort -u | tail -n 1)" "write 4 0x0 8 0001020304050607"
#
# bench: virtual machines, and bare metal that looks like one
#
machine=$tmp/machine
# machine_is NAME HOW: bench finds the tree in $machine virtual because of HOW, or physical if HOW
# is empty; removes the tree
machine_is() {
	mkdir -p "$machine/sys" "$machine/proc"
	ln -s "$VFIO_BAR_SYSFS/bus" "$VFIO_BAR_SYSFS/kernel" "$machine/sys"
	real=$VFIO_BAR_SYSFS
	VFIO_BAR_SYSFS=$machine/sys VFIO_BAR_PROC=$machine/proc
	export VFIO_BAR_PROC
	run bench $dev 0 0 --quiet --samples 10
	VFIO_BAR_SYSFS=$real
	unset VFIO_BAR_PROC
	same "bench: $1" "$code$err $(printf '%s\n' "$out" | sed -n 's/^virtual machine (\(.*\)):.*/\1/p')" "0 $2"
	rm -r "$machine"
}
# dmi VENDOR PRODUCT
dmi() {
	put "$1" "$machine/sys/class/dmi/id/sys_vendor"
	put "$2" "$machine/sys/class/dmi/id/product_name"
}
pc='flags		: fpu vme de'
arm='Features	: fp asimd'
put "$pc hypervisor lahf_lm" "$machine/proc/cpuinfo"
machine_is "an x86 VM" "the CPU has the flag hypervisor"
put "$pc lahf_lm" "$machine/proc/cpuinfo"
machine_is "an x86 machine" ""
put "$pc lahf_lm" "$machine/proc/cpuinfo"
dmi "Amazon EC2" m5.metal
machine_is "bare metal of EC2" ""
put "$pc lahf_lm" "$machine/proc/cpuinfo"
dmi Google "Google Compute Engine"
machine_is "bare metal of Google" ""
put "$pc lahf_lm" "$machine/proc/cpuinfo"
dmi QEMU "Standard PC (Q35 + ICH9, 2009)"
machine_is "an x86 VM whose CPU hides it" "DMI says QEMU"
put "$arm" "$machine/proc/cpuinfo"
dmi "Amazon EC2" m7g.metal-48xl
machine_is "bare metal of EC2, arm64" ""
put "$arm" "$machine/proc/cpuinfo"
dmi "Amazon EC2" m7g.large
machine_is "a VM of EC2, arm64" "DMI says Amazon EC2"
put "$arm" "$machine/proc/cpuinfo"
put linux,dummy-virt "$machine/proc/device-tree/compatible"
machine_is "an arm64 VM without DMI" "the device tree is a virtual machine's"
put 'VM00 Control Program: KVM/Linux' "$machine/proc/sysinfo"
machine_is "a guest on s390" "/proc/sysinfo has VM00"
put 'LPAR Number:          1' "$machine/proc/sysinfo"
machine_is "an LPAR" ""
put xen "$machine/sys/hypervisor/type"
machine_is "Xen" "/sys/hypervisor/type is xen"

fails "bench: no such directory" "cannot open $tmp/none/csv: No such file or directory" \
	bench $dev 0 0 --csv "$tmp/none/csv"
same "bench: nothing is measured in vain" "$log" ""
run bench $dev 0 0 --samples 10 --csv -
same "bench --csv -: standard output has the CSV alone" "$code|$(printf '%s\n' "$out" | awk -F, '{ print NF }' | uniq -c | tr -s ' ')" \
	"0| 12 17"
has "bench --csv -: standard error has the table" "$err" "  bytes  |"
failing rw=5 "bench that fails" "read of 4096 bytes of BAR 0 at 0x0: the access failed in the device or the platform \
(Input/output error)" bench $dev 0 0 --quiet --csv "$tmp/failed"
[ ! -e "$tmp/failed" ]
report "bench that fails leaves no new file"
echo old >"$tmp/failed"
failing rw=5 "bench that fails, again" "read of 4096 bytes of BAR 0 at 0x0: the access failed in the device or the platform \
(Input/output error)" bench $dev 0 0 --quiet --csv "$tmp/failed"
same "bench that fails leaves an old file as it was" "$(cat "$tmp/failed")" old
fails "bench: no such CPU" "cannot run on CPU 65535: Invalid argument" bench $dev 0 0 --cpu 65535
FAKE_VFIO_FAIL=cpus=2048
export FAKE_VFIO_FAIL
run bench $dev 0 0 --quiet --samples 10
has "bench: more than 1024 CPUs" "$code$err $out" "CPU 2047, CLOCK_MONOTONIC_RAW"
run bench $dev 0 0 --quiet --samples 10 --cpu 2047
has "bench: --cpu above 1024" "$code$err $out" "CPU 2047, CLOCK_MONOTONIC_RAW"
fails "bench: a CPU that is not allowed" "cannot run on CPU 3: Invalid argument" bench $dev 0 0 --cpu 3
unset FAKE_VFIO_FAIL
mkdir "$tmp/bin"
for tool in env timeout cat grep sed; do
	ln -s "$(command -v $tool)" "$tmp/bin/$tool"
done
path=$PATH
PATH=$tmp/bin
fails "bench: no gnuplot" "--plot needs gnuplot: install it (Debian: gnuplot-nox)" \
	bench $dev 0 0 --plot "$tmp/svg"
PATH=$path
if command -v gnuplot >/dev/null 2>&1; then
	run bench $dev 0 0 --quiet --samples 10 --plot "$tmp/svg"
	has "bench --plot" "$code$err $(cat "$tmp/svg")" "</svg>"
	run bench $dev 0 0 --quiet --samples 10 --plot -
	has "bench --plot -" "$code$err $out" "request size (bytes)"
else
	count=$((count + 2))
	echo "ok $((count - 1)) - bench --plot # SKIP no gnuplot"
	echo "ok $count - bench --plot - # SKIP no gnuplot"
fi

# on_terminal ARGUMENT...: bench on a terminal that stops background output, with the gnuplot
# in $tmp/plot
on_terminal() {
	code=0
	out=$(PATH=$tmp/plot:$path LD_PRELOAD='' timeout 60 script -qec "stty tostop; LD_PRELOAD=$preload $tmp/vfio-bar \
		bench $dev 0 0 --quiet --samples 10 $*" /dev/null </dev/null 2>&1) || code=$?
}
mkdir "$tmp/plot"
if command -v script >/dev/null 2>&1; then
	printf '#!/bin/sh\necho a plot\n' >"$tmp/plot/gnuplot"
	chmod +x "$tmp/plot/gnuplot"
	on_terminal --plot -
	has "bench: stty tostop does not stop gnuplot" "$code $out" "a plot"
	same "bench: stty tostop: exit code" "$code" 0
	printf '#!/bin/sh\nexit 1\n' >"$tmp/plot/gnuplot"
	on_terminal --plot -
	same "bench: the plot that --plot asks for fails" "$code" 1
	on_terminal
	has "bench: the plot that nobody asked for fails" "$code $out" "gnuplot failed"
	same "bench: the plot that nobody asked for fails: exit code" "$code" 0
else
	count=$((count + 1))
	echo "ok $count - bench on a terminal # SKIP no script"
fi

# SIGHUP ends bench, except under nohup.
for ignored in "trap '' HUP;" ""; do
	: >"$tmp/log"
	(ulimit -f 204800 && eval "$ignored" && LD_PRELOAD=$preload exec "$tmp/vfio-bar" bench $dev 0 0 --quiet --samples 1000000) \
		>"$tmp/out" 2>&1 &
	pid=$!
	# bench catches signals before its first request.
	i=0
	until grep -q '^read 0 ' "$tmp/log" || [ $((i += 1)) -gt 600 ]; do sleep 0.1; done
	kill -HUP $pid
	if [ -n "$ignored" ]; then
		sleep 0.5
		kill -TERM $pid
	fi
	wait $pid 2>/dev/null
	ended=$?
	[ $i -le 600 ] || ended="no request within a minute, $ended"
	[ -z "$ignored" ] && signal=129 || signal=143
	same "bench: SIGHUP, after '$ignored'" "$ended" "$signal"
done

#
# status, in a fake tree
#
VFIO_BAR_PROC=$tmp/proc
VFIO_BAR_MODULES=$tmp/modules
export VFIO_BAR_PROC VFIO_BAR_MODULES
module=$VFIO_BAR_SYSFS/module
patches=$VFIO_BAR_SYSFS/kernel/livepatch
ours=$patches/vfio_pci_width
release=$(uname -r)
mkdir -p "$VFIO_BAR_PROC" "$VFIO_BAR_MODULES/$release" "$patches"

# is_status NAME CODE PATH PART...: exit code, path, and parts of the output
is_status() {
	name=$1
	run status
	same "status: $name" "$code $(printf '%s\n' "$out" | sed -n 's/^path *\([a-z-]*\):.*/\1/p')$err" "$2 $3"
	shift 3
	for part; do
		has "status: $name: ${part%% *}" "$out" "$part"
	done
}

# add_task PID TID STATE NAME [CMDLINE]
add_task() {
	put "$3" "$VFIO_BAR_PROC/$1/task/$2/patch_state"
	put "$4" "$VFIO_BAR_PROC/$1/task/$2/comm"
	put "$2 ($4) D 1 1" "$VFIO_BAR_PROC/$1/task/$2/stat"
	put '[<0>] vfio_pci_bar_rw+0x1/0x2 [vfio_pci_core]' "$VFIO_BAR_PROC/$1/task/$2/stack"
	[ -z "$5" ] || put "$5" "$VFIO_BAR_PROC/$1/cmdline"
}
# field KEY: a value of the JSON output; KEY.KEY is a value in an object
field() {
	LD_PRELOAD='' "$tmp/vfio-bar" status --json | perl -MJSON::PP -e '
		local $/;
		my $value = decode_json(<STDIN>);
		$value = ref $value eq "ARRAY" ? $value->[$_] : $value->{$_} for split /\./, shift;
		print ref $value && ref $value ne "JSON::PP::Boolean" ? "is a " . ref $value : $value // "null"' "$1"
}

run status
same "status: nothing is loaded, said once" "$code|$out|$err" "1|path        none: vfio-pci is not loaded
kernel      $release $(uname -m)
vfio-bar    version $version
next        modprobe vfio-pci|"
same "status --json: nothing is loaded" "$(field path) $(field serves) $(field known_by), $(field problem)" \
	"none 0 there is no /sys/module/vfio_pci_core, vfio-pci is not loaded"
put live "$module/vfio_pci_core/initstate"
put '' "$module/vfio_pci_core/taint"
is_status "stock" 1 stock "stock: the kernel's own code serves requests on BARs and may split them$newline" "next        install vfio-pci-width-dkms, or build and load it" \
	"known by    vfio_pci_core is the kernel's own and has no parameters/bar_max_width"
same "status --json: stock" "$(field path) $(field serves) $(field core.state) $(field limits)" \
	"stock 0 loaded null"
put 'updates/vfio-pci-width.ko.xz:' "$VFIO_BAR_MODULES/9.9-other/modules.dep"
put '' "$VFIO_BAR_MODULES/9.9-other/updates/vfio-pci-width.ko.xz"
is_status "for another kernel" 1 stock \
	"problem     the module is installed for 9.9-other but not for this kernel, $release"
put 'updates/dkms/vfio-pci-width.ko: kernel/a.ko' "$VFIO_BAR_MODULES/$release/modules.dep"
put 'vermagic=9.9-other SMP preempt mod_unload' "$VFIO_BAR_MODULES/$release/updates/dkms/vfio-pci-width.ko"
is_status "built for another kernel" 1 stock "was built for kernel 9.9-other, not for $release"
put "vermagic=$release SMP" "$VFIO_BAR_MODULES/$release/updates/dkms/vfio-pci-width.ko"
is_status "not loaded" 1 stock "problem     the module is installed but not loaded; run vfio-bar status as root" \
	"next        modprobe vfio-pci-width" "installed   $VFIO_BAR_MODULES/$release/updates/dkms"
put Y "$module/module/parameters/sig_enforce"
is_status "not signed" 1 stock "not signed, and this kernel requires a signature (module.sig_enforce)"
same "status --json: not signed" "$(field installed.signature) $(field sig_enforce)" "0 1"
put '5,1,1,-;Loading of module with unavailable key is rejected' "$VFIO_BAR_DEV/kmsg"
is_status "not signed, and a refusal" 1 stock "not signed, and this kernel requires a signature (module.sig_enforce)"
printf 'vermagic=%s SMP\0~Module signature appended~\n' "$release" \
	>"$VFIO_BAR_MODULES/$release/updates/dkms/vfio-pci-width.ko"
is_status "a refusal that may be ours" 1 stock "log names no module but says: Loading of \
module with unavailable key is rejected" "enroll that key, with DKMS: mokutil --import"
same "status --json: a refusal that may be ours" "$(field log) $(field log_unnamed)" \
	"null Loading of module with unavailable key is rejected"
put '3,3,1,-;theirs: disagrees about version of symbol module_layout' "$VFIO_BAR_DEV/kmsg"
is_status "a refusal of another module" 1 stock "problem     the module is installed but not loaded$newline"
put 'Lockdown: modprobe: unsigned module loading is restricted; see man kernel_lockdown.7' "$VFIO_BAR_DEV/kmsg"
sed -i 's/^/4,1,1,-;/' "$VFIO_BAR_DEV/kmsg"
is_status "lockdown refused some module" 1 stock "names no module but says: Lockdown: modprobe: unsigned module"
put N "$module/module/parameters/sig_enforce"
put 'none [integrity] confidentiality' "$VFIO_BAR_SYSFS/kernel/security/lockdown"
is_status "locked down" 1 stock "signatures  required (lockdown: integrity)"
put '[none] integrity confidentiality' "$VFIO_BAR_SYSFS/kernel/security/lockdown"
printf '%s\n' '4,2,1,-;vfio_pci_width: loading out-of-tree module taints kernel.' \
	' SUBSYSTEM=x;y' "3,3,1,-;vfio_pci_width: disagrees about version of symbol module_layout" \
	>"$VFIO_BAR_DEV/kmsg"
is_status "refused, why" 1 stock \
	"log says: vfio_pci_width: disagrees about version of symbol module_layout"
# A write at run time was refused; the module was unloaded later.
put '3,5,1,-;vfio_pci_width: bar_max_width: "9" is neither a width' "$VFIO_BAR_DEV/kmsg"
is_status "refused a limit" 1 stock "problem     the module is installed but not loaded$newline"
printf '%s\n' '3,5,1,-;vfio_pci_width: bar_max_width: "9" is neither a width' \
	"3,5,1,-;vfio_pci_width: \`9' invalid for parameter \`bar_max_width'" >"$VFIO_BAR_DEV/kmsg"
is_status "refused with that limit" 1 stock "log says: vfio_pci_width: \`9' invalid for parameter"
put "5,4,1,-;livepatch: 'vfio_pci_width': patching complete" "$VFIO_BAR_DEV/kmsg"
put O "$module/vfio_pci_core/taint"
is_status "foreign" 1 foreign "foreign: an unknown vfio_pci_core serves requests on BARs and may split them$newline" "taint O" "next        unload it and load the kernel's own"
put 0 "$module/vfio_pci_core/parameters/bar_max_width"
is_status "replacement" 0 replacement "next        nothing to do" "limits      none for all functions"
put '' "$module/vfio_pci_core/taint"
is_status "in-tree" 0 in-tree
rm "$module/vfio_pci_core/initstate"
is_status "in-tree, built in" 0 in-tree "core        vfio_pci_core is built into the kernel"
put live "$module/vfio_pci_core/initstate"
rm -r "$module/vfio_pci_core/parameters"

put live "$module/vfio_pci_width/initstate"
put 9.8 "$module/vfio_pci_width/version"
put 4,1106:3483:8,8086:1572:0 "$module/vfio_pci_width/parameters/bar_max_width"
put 1 "$patches/theirs/transition"
put 1 "$patches/theirs/enabled"
add_task 40 40 0 slow x
is_status "another transition" 1 stock "transition  livepatch theirs is in transition
            held up by slow (pid 40, tid 40, state D)" \
	"problem     livepatch theirs is in transition, so no other can be loaded; 1 task holds it up"
same "status --json: another transition" "$(field livepatch.other_in_transition) $(field livepatch.held_up)" \
	"theirs 1"
rm -r "$patches/theirs" "$VFIO_BAR_PROC/40"
is_status "switched off" 1 stock "next        rmmod vfio_pci_width; modprobe vfio-pci-width"
put 1 "$ours/enabled"
put 0 "$ours/transition"
put 1 "$ours/vfio_pci_core/patched"
is_status "livepatch" 0 livepatch "enabled, vfio_pci_core is patched$newline" "module      vfio_pci_width is loaded, version 9.8" "next        nothing to do" \
	"limits      4 bytes for all functions
            8 bytes for 1106:3483
            none for 8086:1572" "transition  none"
same "status --json: livepatch" "$(field serves) $(field module.version) $(field livepatch.object) \
$(field limits.all) $(field limits.by_id.0.id) $(field limits.by_id.0.width) $(field problem)" \
	"1 9.8 vfio_pci_core 4 1106:3483 8 null"
put 0 "$ours/vfio_pci_core/patched"
is_status "not patched" 1 livepatch "problem     the livepatch is enabled but vfio_pci_core is not patched"
rm "$ours/vfio_pci_core/patched"
is_status "livepatch, older kernels" 0 livepatch "known by    /sys/kernel/livepatch/vfio_pci_width is enabled$newline"

#
# bench does not switch unless it can load the same module again
#
printf '#!/bin/sh\nexit 1\n' >"$tmp/bin/modprobe" # leaves the host alone
chmod +x "$tmp/bin/modprobe"
put LOADED "$module/vfio_pci_width/srcversion"

# other_module NAME FILE REASON: bench does not switch to FILE, for REASON
other_module() {
	PATH=$tmp/bin:$path
	run bench $dev 0 0 --quiet --samples 10 --module "$2"
	PATH=$path
	has "bench: $1" "$code $out" "only the livepatch path; the livepatch is not switched: $3"
}

printf 'srcversion=OTHER' >"$tmp/plain.ko"
other_module "another module" "$tmp/plain.ko" \
	"$tmp/plain.ko is not the loaded module (srcversion OTHER, not LOADED)"
printf 'nothing' >"$tmp/plain.ko"
other_module "a module that says nothing" "$tmp/plain.ko" \
	"$tmp/plain.ko is not the loaded module (srcversion unknown, not LOADED)"
if command -v modinfo >/dev/null 2>&1 && command -v xz >/dev/null 2>&1; then
	for srcversion in OTHER LOADED; do
		printf '.section .modinfo,"a"\n.asciz "srcversion=%s"\n.asciz "vermagic=%s SMP"\n' \
			$srcversion "$release" | cc -c -x assembler -o "$tmp/$srcversion.ko" - &&
			xz "$tmp/$srcversion.ko"
	done
	other_module "another module, compressed" "$tmp/OTHER.ko.xz" \
		"$tmp/OTHER.ko.xz is not the loaded module (srcversion OTHER, not LOADED)"
	other_module "the same module, compressed" "$tmp/LOADED.ko.xz" "modprobe does not find vfio-pci-width"
	put 'updates/dkms/vfio-pci-width.ko.xz:' "$VFIO_BAR_MODULES/$release/modules.dep"
	cp "$tmp/LOADED.ko.xz" "$VFIO_BAR_MODULES/$release/updates/dkms/vfio-pci-width.ko.xz"
	same "status --json: a compressed module" "$(field installed.kernel) $(field installed.signature)" "$release 0"
	put 'updates/dkms/vfio-pci-width.ko:' "$VFIO_BAR_MODULES/$release/modules.dep"
else
	count=$((count + 3))
	echo "ok $((count - 2)) - status --json: a compressed module # SKIP no modinfo or xz"
	echo "ok $((count - 1)) - bench: another module, compressed # SKIP no modinfo or xz"
	echo "ok $count - bench: the same module, compressed # SKIP no modinfo or xz"
fi

# rejecting SETTING NAME REASON: the kernel would not load the same module again
rejecting() {
	FAKE_VFIO_FAIL=$1
	export FAKE_VFIO_FAIL
	other_module "$2" "$tmp/plain.ko" "$3"
	unset FAKE_VFIO_FAIL
}
printf 'srcversion=LOADED\0vermagic=%s SMP\0' "$release" >"$tmp/plain.ko"
rejecting unload=1 "no module can be unloaded" \
	"no module can be unloaded here (kernel.modules_disabled, or no CAP_SYS_MODULE)"
rejecting load=129 "a key that is not enrolled" "the kernel rejects $tmp/plain.ko: Key was rejected by service"
put Y "$module/module/parameters/sig_enforce"
rejecting load=126 "not signed" "$tmp/plain.ko is not signed, and this kernel requires a signature"
put N "$module/module/parameters/sig_enforce"
put 'none [integrity] confidentiality' "$VFIO_BAR_SYSFS/kernel/security/lockdown"
rejecting load=1 "not signed, lockdown" "$tmp/plain.ko is not signed, and this kernel requires a signature"
put '[none] integrity confidentiality' "$VFIO_BAR_SYSFS/kernel/security/lockdown"
printf 'srcversion=LOADED\0vermagic=9.9-other SMP\0' >"$tmp/plain.ko"
rejecting load=8 "built for another kernel" "$tmp/plain.ko was built for kernel 9.9-other"
# With modversions, the kernel loads it. Nothing can be switched in this tree.
PATH=$tmp/bin:$path
run bench $dev 0 0 --quiet --samples 10 --module "$tmp/plain.ko"
PATH=$path
has "bench: built for another kernel, and accepted" "$code $err" \
	"1 vfio-bar: cannot load $tmp/plain.ko: File exists (see vfio-bar status)"
put 1 "$ours/enabled"
if [ -e "$tmp/LOADED.ko.xz" ]; then
	printf '#!/bin/sh\nexit 0\n' >"$tmp/bin/modprobe"
	put Y "$module/module/parameters/sig_enforce"
	other_module "not signed, compressed" "$tmp/LOADED.ko.xz" \
		"$tmp/LOADED.ko.xz is not signed, and this kernel requires a signature"
	put N "$module/module/parameters/sig_enforce"
else
	count=$((count + 1))
	echo "ok $count - bench: not signed, compressed # SKIP no modinfo or xz"
fi
rm "$module/vfio_pci_width/srcversion"

mkdir -p "$patches/theirs/vfio_pci_core/vfio_pci_bar_rw,1"
put 1 "$patches/theirs/enabled"
is_status "another livepatch" 0 livepatch "problem     livepatch theirs patches the same function; the one" \
	"next        load vfio-pci-width again, so that it is the last: echo 0 >"
put 2 "$patches/theirs/stack_order"
put 1 "$ours/stack_order"
is_status "another livepatch above" 1 livepatch \
	"problem     livepatch theirs patches the same function and was applied later"
put 3 "$ours/stack_order"
is_status "another livepatch below" 0 livepatch "next        nothing to do"
same "status: another livepatch below is no problem" "$(printf '%s\n' "$out" | grep '^problem')" ""
rm -r "$patches/theirs" "$ours/stack_order"

put 1 "$ours/transition"
is_status "a transition that nobody holds up" 3 livepatch "no task is known to hold it up"
add_task 41 41 1 first x
add_task 42 42 1 'a "vm\ 1' qemu
add_task 42 43 0 'CPU 0) D' qemu
is_status "held up" 3 livepatch "transition  the livepatch is being enabled
            held up by CPU 0) D (pid 42, tid 43, state D) in vfio_pci_bar_rw
problem     the livepatch is still being enabled; 1 task holds it up, the first is CPU 0) D (43)" \
	"kill -STOP 42; kill -CONT 42"
same "status --json: held up" "$(field livepatch.held_up) $(field livepatch.held_up_by.0.name) \
$(field livepatch.held_up_by.0.tid) $(field livepatch.held_up_by.0.in)" "1 CPU 0) D 43 vfio_pci_bar_rw"
put 0 "$ours/enabled"
is_status "held up, off" 3 livepatch "held up by first (pid 41, tid 41" \
	"being disabled; 2 tasks hold it up" \
	'held up by a "vm\ 1 (pid 42, tid 42'
# Valid characters, an overlong slash, a surrogate, a truncated character.
printf '\303\244\342\202\254\360\237\230\200 \300\257\355\240\200\342\202\n' >"$VFIO_BAR_PROC/41/task/41/comm"
same "status --json: UTF-8" "$("$tmp/vfio-bar" status --json | sed -n 's/ *"name": "\(.*u0082\)",/\1/p')" \
	"$(printf '\303\244\342\202\254\360\237\230\200') \u00c0\u00af\u00ed\u00a0\u0080\u00e2\u0082"
same "status --json: names are quoted" "$(field livepatch.held_up)" 2
put first "$VFIO_BAR_PROC/41/task/41/comm"
rm "$VFIO_BAR_PROC/41/cmdline"
is_status "held up by the kernel" 3 livepatch "held up by kernel thread first"
put 1 "$ours/enabled"
for pid in $(seq 100 120); do add_task "$pid" "$pid" 0 many x; done
is_status "held up by many" 3 livepatch "            and 6 more"
rm -r "$module/vfio_pci_core"
put 0 "$ours/transition"
is_status "waits for the core" 1 none "problem     the livepatch is enabled and waits for vfio_pci_core"
put '3,3,1,-;vfio_pci_width: bar_max_width: "9" is neither a width' "$VFIO_BAR_DEV/kmsg"
is_status "waits for the core, after another complaint" 1 none "problem     the livepatch is enabled and waits for vfio_pci_core"
put '3,3,1,-;vfio_pci_width: vfio_pci_core (srcversion none) is not that' "$VFIO_BAR_DEV/kmsg"
is_status "refused the core" 1 none "has refused vfio_pci_core; the kernel log says: vfio_pci_width: vfio_pci_core" \
	"next        load the kernel's own vfio_pci_core, or remove the livepatch"
unset VFIO_BAR_PROC VFIO_BAR_MODULES

#
# bash completion
#
if command -v bash >/dev/null 2>&1; then
	mkdir -p "$VFIO_BAR_SYSFS/bus/pci/drivers/vfio-pci/$dev" \
		"$VFIO_BAR_SYSFS/bus/pci/drivers/e1000e/0000:00:09.0"
	# completes NAME LINE REPLIES
	completes() {
		# shellcheck disable=SC2016 # for bash
		same "completion: $1" "$(bash -c '. "$1"; COMP_LINE=$2 COMP_POINT=${#2}; _vfio_bar
			echo "${COMPREPLY[*]}"' bash "$top/tools/vfio-bar/vfio-bar.bash-completion" "$2" 2>&1)" "$3"
	}
	completes "commands" "vfio-bar " "info read write check bench status"
	completes "a command" "vfio-bar st" "status"
	completes "options without a command" "vfio-bar --" "--help --version"
	completes "options" "vfio-bar bench --c" "--cpu --csv"
	completes "functions" "vfio-bar read " "$dev"
	completes "a function, after its first colon" "vfio-bar check 0000:0" "00:04.0"
	completes "BARs" "vfio-bar read --repeat 3 $dev " "0 2 4 rom"
	completes "BARs of a short address" "vfio-bar read 00:04.0 r" "rom"
	completes "no offsets" "vfio-bar read $dev 0 " ""
	completes "no value" "vfio-bar bench --cpu " ""
	completes "no BAR for info" "vfio-bar info $dev " ""
	completes "no function for status" "vfio-bar status " ""
	for command in info read write check bench status; do
		for option in $(bash -c '. "$1"; _vfio_bar_options "$2"' bash \
			"$top/tools/vfio-bar/vfio-bar.bash-completion" $command); do
			case $help in *"  $option"*) ;; *) echo "$option" ;; esac
		done
	done >"$tmp/out"
	same "completion: --help has all options" "$(cat "$tmp/out")" ""
else
	count=$((count + 1))
	echo "ok $count - completion # SKIP no bash"
fi

#
# Output that cannot be written
#
for arguments in --help --version "info $dev" "read $dev 0 0 4" "read $dev 0 0 64k --raw"; do
	# shellcheck disable=SC2086
	err=$(LD_PRELOAD=$preload "$tmp/vfio-bar" $arguments 2>&1 >/dev/full)
	same "standard output full: $arguments" "$?|$err" \
		"1|vfio-bar: cannot write to standard output: No space left on device"
	# shellcheck disable=SC2086
	err=$(LD_PRELOAD=$preload "$tmp/vfio-bar" $arguments 2>&1 >&-)
	same "standard output closed: $arguments" "$?|$err" \
		"1|vfio-bar: cannot write to standard output: Bad file descriptor"
done
: >"$FAKE_VFIO_LOG"
LD_PRELOAD=$preload "$tmp/vfio-bar" write $dev 0 0 1:4 <&- >&- 2>&-
same "standard files closed: one request" "$(grep -v '^write 7 ' "$FAKE_VFIO_LOG")" \
	"write 0 0x0 4 01000000"

echo "1..$count"
