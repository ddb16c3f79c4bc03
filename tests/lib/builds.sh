# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Builds the livepatch module against several kernels; sourced like tap.sh, which it includes.
# Builds use copies, so that the tree stays clean.
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

# make's arguments for another machine, and the prefix of its tools.
machine=
cross=

# build KDIR COPY [ARGUMENT...]: output goes to $tmp/log.
build() {
	kdir=$1
	copy=$2
	shift 2
	cp -a "$tmp/ours" "$copy"
	echo "# make KDIR=$kdir KUNIT=1 W=1 $*" >&2
	# shellcheck disable=SC2086 # $machine has several words
	make -C "$copy" KDIR="$kdir" KUNIT=1 W=1 $machine "$@" >"$tmp/log" 2>&1
}

# headers_without KDIR FILE: prints a KDIR with all of Debian's headers except FILE.
headers_without() {
	headers=$(readlink -f "$1")
	common=$(sed -n 's,^include \(.*\)/Makefile$,\1,p' "$headers/Makefile")
	[ -f "$common/$2" ] || echo "$common has no $2" >&2
	rm -rf "$tmp/headers" "$tmp/common"
	cp -aRs "$headers" "$tmp/headers"
	cp -aRs "$common" "$tmp/common"
	# These refer to the kernel's tools by relative paths.
	for dir in scripts tools; do
		ln -sfn "$(readlink -f "$headers/$dir")" "$tmp/headers/$dir"
		ln -sfn "$(readlink -f "$common/$dir")" "$tmp/common/$dir"
	done
	rm -f "$tmp/headers/Makefile" "$tmp/common/$2"
	echo "include $tmp/common/Makefile" >"$tmp/headers/Makefile"
	echo "$tmp/headers"
}

exports_of_headers() {
	awk '$3 ~ /drivers\/vfio\// { print $2 }' "$1/Module.symvers"
}

# test_module VERSION KDIR [ARGUMENT...]: $tmp/exports has the exports of the VFIO modules.
test_module() {
	version=$1
	kdir=$2
	shift 2
	ko=$tmp/copy-$version/vfio-pci-width.ko
	# A prepared tree has no Module.symvers, so modpost knows no symbols.
	warn_only=
	[ -f "$kdir/Module.symvers" ] || warn_only=KBUILD_MODPOST_WARN=1
	release=$(sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' "$kdir/include/generated/utsrelease.h")

	if build "$kdir" "$tmp/copy-$version" $warn_only "$@" && [ -f "$ko" ]; then
		ok "$version: vfio-pci-width.ko builds"
	else
		not_ok "$version: vfio-pci-width.ko builds" "$tmp/log"
		return
	fi

	grep -E 'warning:|error:' "$tmp/log" | grep -F -f "$tmp/sources" >"$tmp/warnings" || :
	is_empty "$version: W=1 does not warn about our files" "$tmp/warnings"

	grep -E '(WARNING|ERROR): ' "$tmp/log" >"$tmp/warnings" || :
	if [ -n "$warn_only" ]; then
		sed -i -e '/undefined!$/d' -e '/Module.symvers is missing/d' \
			-e '/suppressed .* unresolved/d' "$tmp/warnings"
	fi
	is_empty "$version: modpost does not warn" "$tmp/warnings"

	modinfo "$ko" >"$tmp/modinfo"
	matches "$version: vermagic is that of $release" \
		"^vermagic: +$(echo "$release" | sed 's/[.+]/\\&/g') " "$tmp/modinfo"
	matches "$version: marked as a livepatch" '^livepatch: +Y$' "$tmp/modinfo"
	matches "$version: has the parameter bar_max_width" '^parm: +bar_max_width:' "$tmp/modinfo"
	matches "$version: license is GPL" '^license: +GPL' "$tmp/modinfo"

	modinfo -F depends "$ko" | tr ',' '\n' | grep vfio >"$tmp/depends" || :
	is_empty "$version: depends on no VFIO module" "$tmp/depends"

	if [ -s "$tmp/exports" ]; then
		"${cross}nm" -u "$ko" | awk '{ print $2 }' | grep -Fx -f "$tmp/exports" >"$tmp/used" || :
		is_empty "$version: uses nothing that a VFIO module exports" "$tmp/used"
	else
		echo "no exports of drivers/vfio found" >"$tmp/why"
		not_ok "$version: uses nothing that a VFIO module exports" "$tmp/why"
	fi
}
