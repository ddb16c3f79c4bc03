#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The livepatch module and the replacement modules cross-build for s390x against 6.12 and
# mainline without a warning of the compiler or sparse.
set -eu
cd "$(dirname "$0")/.."
. tests/lib/builds.sh

cross=s390x-linux-gnu-
machine="ARCH=s390 CROSS_COMPILE=$cross"

# replacement VERSION KDIR C
replacement() {
	name="$1: the replacement modules build"
	# shellcheck disable=SC2086 # $machine has several words
	if obtain scripts/get-source "${1#s390x-}" &&
		integration/replacement-modules KSRC="$got" KDIR="$2" OUT="$tmp/replacement-$1" \
			$machine W=1 "C=$3" >"$tmp/log" 2>&1; then
		ok "$name"
	else
		not_ok "$name" "$tmp/log"
		return
	fi
	log=$tmp/replacement-$1/build.log
	grep -E '(warning|error|WARNING|ERROR): ' "$log" |
		grep -Ev 'restricted (pci_power_t|vm_fault_t)' >"$tmp/said" || :
	is_empty "$1: no tool warns about them" "$tmp/said"
	modinfo "$tmp/replacement-$1/vfio-pci-core.ko" >"$tmp/modinfo"
	matches "$1: vfio-pci-core.ko has the parameter bar_max_width" '^parm: +bar_max_width:' "$tmp/modinfo"
	for variant in $variants; do
		modinfo "$tmp/replacement-$1/$variant.ko" >"$tmp/modinfo" 2>&1 || :
		matches "$1: the kernel's variant driver $variant.ko is among them" "^depends: .*vfio-pci-core" \
			"$tmp/modinfo"
	done
	"${cross}nm" "$tmp/replacement-$1/vfio-pci-core.ko" >"$tmp/symbols"
	matches "$1: vfio-pci-core.ko has the table of ISM functions" 'vfio_pci_zpci_relaxed_align_ops' "$tmp/symbols"
}

# read_by_sparse VERSION LOG: sparse read our files for s390x.
read_by_sparse() {
	for file in vfio_pci_io_zpci.c vfio_pci_io_zpci_insn.c; do
		matches "$1: sparse reads $file" "CHECK .*$file" "$2"
	done
}

# all VERSION KERNEL C VARIANT: C is 0 for mainline, which ignores C= if sparse is older than it
# requires.
all() {
	# Drivers of this kernel besides vfio-pci.
	variants=$4
	if ! obtain scripts/build-kernel "$2"; then
		skip "s390x-$1: modules" "$reason"
		return
	fi
	headers=$got/headers
	exports_of_headers "$headers" >"$tmp/exports"
	test_module "s390x-$1" "$headers" "C=$3"
	[ "$3" = 0 ] || read_by_sparse "s390x-$1: the livepatch" "$tmp/log"
	replacement "s390x-$1" "$headers" "$3"
	[ "$3" = 0 ] || read_by_sparse "s390x-$1: the replacement" "$tmp/replacement-s390x-$1/build.log"
}

all 6.12 s390x-6.12 2 ""
all 7.3 s390x-ism-7.3 0 ism-vfio-pci
skip "s390x-7.3: sparse" "mainline requires a newer sparse than Debian 12 has"
tap_done
