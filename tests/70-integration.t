#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The scripts that apply the rework to a kernel tree refuse bad input with one line and leave no
# output, and refuse a kernel that the semantic patches do not expect. Other tests judge the
# result.
set -eu
cd "$(dirname "$0")/.."
. tests/lib/tap.sh
top=$PWD
. integration/lib.sh

# Copies the files that the steps read, so that a test can change one.
small_tree() {
	mkdir -p "$2"
	(
		cd "$1"
		# shellcheck disable=SC2154 # from integration/lib.sh
		for file in $touched Makefile Kbuild; do
			[ ! -e "$file" ] || cp -R --parents "$file" "$2"
		done
	)
}

# The MAINTAINERS entry names files of later patches by a pattern, and a tree without history
# has no commit for a Fixes: tag.
# shellcheck disable=SC2317,SC2329 # called by silent
check_patch() {
	(cd "$1" && scripts/checkpatch.pl --strict --terse --show-types \
		--ignore FILE_PATH_CHANGES,UNKNOWN_COMMIT_ID "$2") |
		grep -v '^total: 0 errors, 0 warnings, 0 checks' || :
}

# not_as_here TREE: lists our files that differ, and new files that are not ours.
not_as_here() {
	cat integration/steps/*/*/files | sed 's/^again //' | grep -v '^#' | while read -r from to; do
		# 6.12 has no selftests of VFIO.
		[ -e "$1/$to" ] || [ "${to#tools/}" = "$to" ] || continue
		cmp "$from" "$1/$to" || :
	done
	for file in "$1"/drivers/vfio/pci/*.[ch]; do
		file=${file#"$1/"}
		[ -e "$ksrc/$file" ] || grep -q " $file\$" integration/steps/*/*/files ||
			echo "$file is new"
	done
}

# count_lines DIR: prints the number of lines that the patches add if it is out of range.
count_lines() {
	find "$1" -name '*.patch' ! -name '0000-*' -exec git apply --numstat \
		--exclude='Documentation/*' --exclude='drivers/vfio/pci/tests/*' --exclude='tools/*' {} + |
		awk '{ added += $1 } END { if (added > 2200 || added < 1000) print added " lines" }'
}

test_version() {
	v=$1
	ksrc=$2

	works "$v: make overlay" make -s overlay "KSRC=$ksrc" "OUT=$tmp/tree-$v"
	works "$v: make overlay again succeeds" make -s overlay "KSRC=$ksrc" "OUT=$tmp/tree-$v"
	works "$v: make overlay again does nothing else" \
		[ "$(cat "$tmp/said")" = "==> $tmp/tree-$v has the rework already" ]
	not_as_here "$tmp/tree-$v" >"$tmp/differ" 2>&1
	is_empty "$v: the tree has our files unchanged" "$tmp/differ"
	ls -d "$tmp/tree-$v/drivers/vfio/pci/ism" >"$tmp/ism" 2>/dev/null || :
	is_empty "$v: the tree no longer has the ISM driver" "$tmp/ism"
	find "$ksrc" -newer "$tmp/begin" -type f >"$tmp/changed"
	is_empty "$v: the source is unchanged" "$tmp/changed"

	works "$v: make series" make -s series "KSRC=$ksrc" "OUT=$tmp/series-$v"
	for patch in "$tmp/series-$v"/*/*.patch; do
		silent "$v: checkpatch --strict: $(sed -n 's/^Subject: //p' "$patch")" \
			check_patch "$ksrc" "$patch"
	done
	refuses "$v: make series, a directory with other patches" 'is there already; remove it' \
		integration/series "KSRC=$ksrc" "OUT=$tmp/series-$v"
	# 6.12 needs one more patch, which mainline has.
	[ "$v" != 6.12 ] || return 0
	count_lines "$tmp/series-$v" >"$tmp/counted"
	is_empty "$v: the four series add at most 2200 lines apart from tests and documentation" "$tmp/counted"
}

# test_refusals VERSION SOURCE: needs the tree of test_version.
test_refusals() {
	v=$1
	ksrc=$2

	# Unexpected kernels: one place more, one place less.
	small_tree "$ksrc" "$tmp/more"
	echo 'int more(void *x) { return VFIO_PCI_OFFSET_TO_INDEX(x) | VFIO_PCI_OFFSET_MASK; }' \
		>>"$tmp/more/drivers/vfio/pci/vfio_pci_igd.c"
	refuses "$v: a mask in an unknown expression" \
		'01-shift/core.cocci: mask\+assign matches [0-9]+ places' \
		integration/overlay "KSRC=$tmp/more" "OUT=$tmp/out"
	small_tree "$ksrc" "$tmp/less"
	sed -i 's/init_rwsem(&vdev->memory_lock)/init_rwsem(\&vdev->other_lock)/' \
		"$tmp/less/drivers/vfio/pci/vfio_pci_core.c"
	refuses "$v: a missing place" '01-rom/rom.cocci: init matches 0 places' \
		integration/overlay "KSRC=$tmp/less" "OUT=$tmp/out"
	refuses "$v: a tree that has the rework" 'the tree has the rework already|has the rework already' \
		integration/overlay "KSRC=$tmp/tree-$v" "OUT=$tmp/out"

	small_tree "$ksrc" "$tmp/dirty"
	(
		cd "$tmp/dirty"
		git init -q .
		git -c core.autocrlf=false add -A -f
		git -c user.name=test -c user.email=test@example.org commit -q -m base
		echo >>drivers/vfio/pci/vfio_pci_core.c
	) >/dev/null
	refuses "$v: uncommitted changes" 'not committed.*vfio_pci_core\.c' \
		integration/overlay "KSRC=$tmp/dirty" "OUT=$tmp/out"
	rm -rf "$tmp/more" "$tmp/less" "$tmp/dirty"
}

# test_declared SOURCE: a 6.12 whose vfio_pci_core.h declares __vfio_pci_memory_enabled(), as
# in 7.0.
test_declared() {
	small_tree "$1" "$tmp/declared"
	(
		cd "$tmp/declared"
		line=$(grep '^bool __vfio_pci_memory_enabled(' drivers/vfio/pci/vfio_pci_priv.h)
		sed -i '/^bool __vfio_pci_memory_enabled(/d' drivers/vfio/pci/vfio_pci_priv.h
		sed -i "s/^bool vfio_pci_core_range_intersect_range(/$line\n&/" include/linux/vfio_pci_core.h
	)
	works "declared as in 7.0: make overlay" \
		integration/overlay "KSRC=$tmp/declared" "OUT=$tmp/tree-declared"
	grep -c '^bool __vfio_pci_memory_enabled(' "$tmp/tree-declared/include/linux/vfio_pci_core.h" \
		"$tmp/tree-declared/drivers/vfio/pci/vfio_pci_priv.h" | grep -v 'core.h:1$\|priv.h:0$' \
		>"$tmp/said" || :
	is_empty "declared as in 7.0: declared once, in the header" "$tmp/said"
	rm -rf "$tmp/declared" "$tmp/tree-declared"
}

# has_line NAME REGEX FILE
has_line() {
	grep -E "$2" "$3" >"$tmp/found" 2>&1 || :
	if [ -s "$tmp/found" ]; then
		ok "$1"
	else
		echo "$3 has no $2" >"$tmp/why"
		not_ok "$1" "$tmp/why"
	fi
}

# test_same_tree VERSION SOURCE: make overlay after the source has changed.
test_same_tree() {
	v=$1

	small_tree "$2" "$tmp/small"
	works "$v: make overlay of a tree" integration/overlay "KSRC=$tmp/small" "OUT=$tmp/again"
	echo '/* A fix from elsewhere. */' >>"$tmp/small/drivers/vfio/pci/vfio_pci_core.c"
	echo '# A fix from elsewhere.' >>"$tmp/small/Kbuild"
	works "$v: make overlay again after the tree has changed" \
		integration/overlay "KSRC=$tmp/small" "OUT=$tmp/again"
	has_line "$v: the copy has the change" 'A fix from elsewhere' \
		"$tmp/again/drivers/vfio/pci/vfio_pci_core.c"
	has_line "$v: the copy has a change in a file that no step reads" 'A fix from elsewhere' "$tmp/again/Kbuild"

	refuses "$v: an unknown series" 'SERIES is one of fixes bar s390 uapi' \
		integration/overlay "KSRC=$tmp/small" "OUT=$tmp/out" SERIES=frobnicate
	refuses "$v: OUT inside KSRC" 'nor be in it' \
		integration/overlay "KSRC=$tmp/small" "OUT=$tmp/small/out"
	: >"$tmp/small/.config"
	refuses "$v: a configured tree" 'make mrproper' \
		integration/overlay "KSRC=$tmp/small" "OUT=$tmp/out"
	rm "$tmp/small/.config"

	# As a git hook would call it.
	git init -q "$tmp/hook"
	works "$v: make series with a GIT_DIR" env "GIT_DIR=$tmp/hook/.git" \
		integration/series "KSRC=$tmp/small" "OUT=$tmp/series-hook"
	git -C "$tmp/hook" log --all >"$tmp/said" 2>/dev/null || :
	is_empty "$v: make series adds nothing to that repository" "$tmp/said"
	rm -rf "$tmp/small" "$tmp/again"
}

: >"$tmp/begin"
any=
for version in 6.12 7.3; do
	if obtain scripts/get-source "$version"; then
		any=$got
		any_version=$version
		test_version "$version" "$got"
		[ "$version" != 6.12 ] || test_declared "$got"
	else
		skip "$version: overlay and series" "$reason"
	fi
done

if [ -n "$any" ]; then
	test_refusals "$any_version" "$any"
	test_same_tree "$any_version" "$any"
	small_tree "$any" "$tmp/old"
	sed -i -e 's/^VERSION = .*/VERSION = 6/' -e 's/^PATCHLEVEL = .*/PATCHLEVEL = 1/' "$tmp/old/Makefile"
	refuses "an untested kernel" 'is kernel 6\.1.*supported are' \
		integration/overlay "KSRC=$tmp/old" "OUT=$tmp/out"
	# A machine without Coccinelle and without apt.
	mkdir "$tmp/bin"
	for command in sh dirname env cat sed grep find mkdir rm touch date id flock make perl stat sort \
		cut sha256sum tail mktemp getconf basename; do
		ln -s "$(command -v "$command")" "$tmp/bin/"
	done
	refuses "a machine without a tool" 'no apt.*: spatch \(Debian.* coccinelle\)$' \
		env PATH="$tmp/bin" VPW_CACHE="$tmp/cache" \
		integration/overlay "KSRC=$any" "OUT=$tmp/out"
else
	skip "unexpected kernels" "no kernel source to change"
fi
refuses "no source" 'give KSRC=DIR' integration/overlay
refuses "a directory without a source" 'no kernel source in' integration/overlay KSRC=/etc "OUT=$tmp/out"
refuses "an unknown argument" 'no such argument: --frobnicate' integration/series --frobnicate
refuses "an unknown version" 'KSRC is kernel 6\.13; supported are' \
	integration/overlay KSRC=6.13 "OUT=$tmp/out"
# These must fail before the source is fetched. Fetching fails here too, but with another message.
mkdir "$tmp/empty"
# shellcheck disable=SC2317,SC2329 # called by refuses
nothing() {
	env VPW_CACHE="$tmp/empty" http_proxy=http://127.0.0.1:1 "$@"
}
refuses "make series without a git identity" 'git config --global user.name' nothing env GIT_AUTHOR_NAME= \
	integration/series KSRC=7.3 "OUT=$tmp/out"
refuses "no build directory, before fetching the source" 'no kernel build directory: /etc; those here' nothing \
	integration/replacement-modules KSRC=6.12 KDIR=/etc "OUT=$tmp/out"
refuses "no build directory" 'no kernel build directory' \
	integration/replacement-modules "KSRC=${any:-/etc}" KDIR=/etc "OUT=$tmp/out"
if [ -n "$any" ] && obtain scripts/get-kernel 6.1; then
	refuses "source and build directory of different kernels" 'they must be the same' \
		integration/replacement-modules "KSRC=$any" "KDIR=$got/headers" "OUT=$tmp/out"
fi
for script in overlay series replacement-modules build-series; do
	works "$script --help" integration/$script --help
done

tap_done
