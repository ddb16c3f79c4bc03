# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Builds the patch series of one kernel patch by patch; sourced at the top of the tree, includes
# tap.sh.
. tests/lib/tap.sh

# series VERSION ARCH...: git am applies each patch, and after each one all of drivers/vfio/pci
# compiles without a new warning of W=1.
series() {
	if ! obtain scripts/get-source "$1"; then
		skip "$1: the series" "$reason"
		return
	fi
	v=$1
	ksrc=$got
	shift
	if ! integration/series KSRC="$ksrc" OUT="$tmp/patches" >"$tmp/log" 2>&1; then
		not_ok "$v: make series" "$tmp/log"
		return
	fi
	ok "$v: make series"
	for arch; do
		status=0
		integration/build-series KSRC="$ksrc" PATCHES="$tmp/patches" ARCH="$arch" \
			>"$tmp/built" 2>"$tmp/log" || status=$?
		if [ "$status" = 77 ]; then
			skip "$v $arch: the series" "$(tail -n 1 "$tmp/log")"
			continue
		fi
		series_results "$v $arch" "$status"
	done
}

# series_results WHAT STATUS
series_results() {
	cp "$tmp/built" "$tmp/said"
	while read -r verdict subject; do
		case $verdict in
		built) ok "$1: $subject" ;;
		warned | failed)
			sed "1,/^$verdict /d" "$tmp/said" >"$tmp/why"
			not_ok "$1: $subject" "$tmp/why"
			;;
		esac
	done <"$tmp/built"
	patches=$(find "$tmp/patches" -name '*.patch' ! -name '0000-*' | wc -l)
	built=$(grep -c '^built ' "$tmp/built" || :)
	if [ "$2" = 0 ] && [ "$patches" = "$built" ] && [ "$built" -gt 0 ]; then
		ok "$1: all $patches patches build"
	else
		cat "$tmp/log" "$tmp/built" >"$tmp/why"
		not_ok "$1: all $patches patches build" "$tmp/why"
	fi
}
