#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The livepatch module builds without a warning against the headers of 6.1, 6.12 and mainline.
# A kernel will load the result, also before vfio_pci_core. The module also builds without the
# one header that 5.15 lacks.
set -eu
cd "$(dirname "$0")/.."
. tests/lib/builds.sh

exports_of_source() {
	grep -rhoE 'EXPORT_SYMBOL(_GPL)?\([a-z0-9_]+' "$1/drivers/vfio" | sed 's/.*(//'
}

for version in 6.1 6.12; do
	if obtain scripts/get-kernel "$version"; then
		exports_of_headers "$got/headers" >"$tmp/exports"
		test_module "$version" "$got/headers"
	else
		skip "$version: vfio-pci-width.ko" "$reason"
	fi
done

name=6.1-without-visibility.h
if obtain scripts/get-kernel 6.1; then
	exports_of_headers "$got/headers" >"$tmp/exports"
	test_module "$name" "$(headers_without "$got/headers" include/kunit/visibility.h)"
	find "$tmp/copy-$name" -name '.*.cmd' -exec grep -ho '[^ ]*/kunit/visibility\.h' {} + |
		sort -u >"$tmp/read"
	matches "$name: our own header is read" '/compat/include/kunit/' "$tmp/read"
	sed -i '/\/compat\/include\/kunit\//d' "$tmp/read"
	is_empty "$name: no other header is read" "$tmp/read"
else
	skip "$name: vfio-pci-width.ko" "$reason"
fi

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
	name="7.3 without LIVEPATCH: one line names what is missing"
	if [ "$(wc -l <"$tmp/said")" = 1 ]; then
		ok "$name"
	else
		not_ok "$name" "$tmp/log"
	fi
	matches "7.3 without LIVEPATCH: the line names the other ways in" 'replace|series' "$tmp/said"
else
	skip "7.3: vfio-pci-width.ko" "$reason"
	skip "7.3 without LIVEPATCH: make fails" "$reason"
fi

tap_done
