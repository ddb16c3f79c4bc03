#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The patches of the QEMU series build one by one, without a warning.
set -eu
cd "$(dirname "$0")/../.."
. tests/lib/tap.sh

for version in 10.0 10.2; do
	if ! obtain scripts/get-qemu-source "$version"; then
		skip "$version: the series" "$reason"
		continue
	fi
	works "$version: make qemu-series" qemu/series "QSRC=$got" "OUT=$tmp/series-$version"
	status=0
	qemu/build-series "QSRC=$got" "PATCHES=$tmp/series-$version" >"$tmp/built" 2>"$tmp/log" || status=$?
	if [ "$status" = 77 ]; then
		skip "$version: the patches build" "$(tail -n 1 "$tmp/log")"
		continue
	fi
	while read -r verdict subject; do
		if [ "$verdict" = built ]; then
			ok "$version: $subject"
		else
			not_ok "$version: $subject" "$tmp/log"
		fi
	done <"$tmp/built"
	patches=$(find "$tmp/series-$version" -name '*.patch' ! -name '0000-*' | wc -l)
	if [ "$status" = 0 ] && [ "$patches" -gt 0 ] && [ "$(wc -l <"$tmp/built")" = "$patches" ]; then
		ok "$version: all $patches patches build"
	else
		not_ok "$version: all $patches patches build" "$tmp/log"
	fi
done

tap_done
