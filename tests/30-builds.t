#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The livepatch module builds without a warning against the headers of 6.1, of 6.12
# and of mainline, and what comes out is what a kernel will load, before
# vfio_pci_core too. Everything is built in copies, so that the tree stays as it is.
set -eu
cd "$(dirname "$0")/.."
. tests/lib/tap.sh
export PATH="$PATH:/usr/sbin:/sbin"

scripts/copy-tree "$tmp/ours"
(cd "$tmp/ours" && find . -name '*.[ch]' -printf '%P\n') >"$tmp/sources"

# matches NAME REGEX FILE
matches() {
	if grep -Eq "$2" "$3"; then
		ok "$1"
	else
		echo "no line matches $2" | cat "$3" - >"$tmp/why"
		not_ok "$1" "$tmp/why"
	fi
}

# build KDIR COPY [ARGUMENT...]: its output in $tmp/log.
build() {
	kdir=$1
	copy=$2
	shift 2
	cp -a "$tmp/ours" "$copy"
	echo "# make KDIR=$kdir KUNIT=1 W=1 $*" >&2
	make -C "$copy" KDIR="$kdir" KUNIT=1 W=1 "$@" >"$tmp/log" 2>&1
}

exports_of_headers() {
	awk '$3 ~ /drivers\/vfio\// { print $2 }' "$1/Module.symvers"
}

exports_of_source() {
	grep -rhoE 'EXPORT_SYMBOL(_GPL)?\([a-z0-9_]+' "$1/drivers/vfio" | sed 's/.*(//'
}

# test_module VERSION KDIR: $tmp/exports has what vfio_pci_core and its like export.
test_module() {
	ko=$tmp/copy-$1/vfio-pci-width.ko
	# A prepared tree has no list of symbols, so there modpost knows none.
	warn_only=
	[ -f "$2/Module.symvers" ] || warn_only=KBUILD_MODPOST_WARN=1
	release=$(sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' "$2/include/generated/utsrelease.h")

	if build "$2" "$tmp/copy-$1" $warn_only && [ -f "$ko" ]; then
		ok "$1: vfio-pci-width.ko builds"
	else
		not_ok "$1: vfio-pci-width.ko builds" "$tmp/log"
		return
	fi

	grep -E 'warning:|error:' "$tmp/log" | grep -F -f "$tmp/sources" >"$tmp/warnings" || :
	is_empty "$1: W=1 has no warning about our files" "$tmp/warnings"

	grep -E '(WARNING|ERROR): ' "$tmp/log" >"$tmp/warnings" || :
	if [ -n "$warn_only" ]; then
		sed -i -e '/undefined!$/d' -e '/Module.symvers is missing/d' \
			-e '/suppressed .* unresolved/d' "$tmp/warnings"
	fi
	is_empty "$1: modpost has no complaint" "$tmp/warnings"

	modinfo "$ko" >"$tmp/modinfo"
	matches "$1: vermagic is that of $release" \
		"^vermagic: +$(echo "$release" | sed 's/[.+]/\\&/g') " "$tmp/modinfo"
	matches "$1: marked as a livepatch" '^livepatch: +Y$' "$tmp/modinfo"
	matches "$1: has the parameter bar_max_width" '^parm: +bar_max_width:' "$tmp/modinfo"
	matches "$1: licence is GPL" '^license: +GPL' "$tmp/modinfo"

	modinfo -F depends "$ko" | tr ',' '\n' | grep vfio >"$tmp/depends" || :
	is_empty "$1: depends on no VFIO module" "$tmp/depends"

	if [ -s "$tmp/exports" ]; then
		nm -u "$ko" | awk '{ print $2 }' | grep -Fx -f "$tmp/exports" >"$tmp/used" || :
		is_empty "$1: uses nothing that a VFIO module exports" "$tmp/used"
	else
		echo "no exports of drivers/vfio found" >"$tmp/why"
		not_ok "$1: uses nothing that a VFIO module exports" "$tmp/why"
	fi
}

for version in 6.1 6.12; do
	if obtain scripts/get-kernel "$version"; then
		exports_of_headers "$got/headers" >"$tmp/exports"
		test_module "$version" "$got/headers"
	else
		skip "$version: vfio-pci-width.ko" "$reason"
	fi
done

if obtain scripts/get-source 7.3; then
	exports_of_source "$got" >"$tmp/exports"
	obtain scripts/prepare-tree 7.3
	test_module 7.3 "$got"

	obtain scripts/prepare-tree --without LIVEPATCH 7.3
	name="7.3 without LIVEPATCH: make fails"
	if build "$got" "$tmp/copy-without"; then
		not_ok "$name" "$tmp/log"
	else
		ok "$name"
	fi
	grep CONFIG_LIVEPATCH "$tmp/log" >"$tmp/said" || :
	name="7.3 without LIVEPATCH: one line says what is missing"
	if [ "$(wc -l <"$tmp/said")" = 1 ]; then
		ok "$name"
	else
		not_ok "$name" "$tmp/log"
	fi
	matches "7.3 without LIVEPATCH: it names the other ways in" 'replace|series' "$tmp/said"
else
	skip "7.3: vfio-pci-width.ko" "$reason"
	skip "7.3 without LIVEPATCH: make fails" "$reason"
fi

tap_done
