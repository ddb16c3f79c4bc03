#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The two QEMU series are made, pass QEMU's own checkpatch and apply, and a QEMU that the steps
# do not expect is refused. tests/long builds the patches; 66-qemu-block tests what they do.
set -eu
cd "$(dirname "$0")/.."
. tests/lib/tap.sh

# checkpatch asks whether a script made the change to the Linux headers. It did not: the patch is a
# placeholder for such an update, as its message says.
# shellcheck disable=SC2317,SC2329 # called by silent
check_patch() {
	(cd "$1" && scripts/checkpatch.pl --terse "$2") |
		grep -v -e '^total: ' -e 'are you using scripts/update-linux-headers.sh' || :
}

# small_tree SOURCE DIR: copies the files that the steps read, so that a test can change them.
small_tree() {
	mkdir -p "$2"
	(
		cd "$1"
		for file in VERSION docs/devel hw/s390x hw/vfio include/exec/memory.h include/hw/pci \
			include/hw/s390x include/hw/vfio include/system linux-headers/linux system/memory.c; do
			[ ! -e "$file" ] || cp -R --parents "$file" "$2"
		done
	)
}

# applies SOURCE DIR: applies the patches in DIR to a copy.
# shellcheck disable=SC2317,SC2329 # called by works
applies() {
	small_tree "$1" "$tmp/apply"
	status=0
	(
		cd "$tmp/apply"
		git init -q .
		git -c core.autocrlf=false add -A -f
		git -c user.name=test -c user.email=test@example.org commit -q -m base
		for patch in "$2"/fixes/*.patch "$2"/blocks/*.patch; do
			case $patch in
			*/0000-*) continue ;;
			esac
			git -c core.autocrlf=false -c user.name=test -c user.email=test@example.org am -q "$patch" || exit
			# A BAR that does not exist: an operand exception after each patch.
			! grep -q '^static void zpci_bar_error(' hw/s390x/s390-pci-inst.c ||
				! grep -q '^        return MEMTX_ERROR;' hw/s390x/s390-pci-inst.c || exit 1
		done
	) || status=$?
	rm -rf "$tmp/apply"
	return "$status"
}

# added STEP: what it adds to vfio.h.
added() {
	sed -n '/^file .*linux\/vfio\.h$/,/^file /s/^+//p' "$1/lines"
}
added qemu/steps/2-blocks/02-headers >"$tmp/copy"
added integration/steps/4-uapi/02-feature | diff - "$tmp/copy" >"$tmp/diff" || :
[ -s "$tmp/copy" ] || echo "02-headers adds nothing" >>"$tmp/diff"
is_empty "the feature is described as in the kernel's series" "$tmp/diff"

any=
: >"$tmp/begin"
for version in 10.0 10.2; do
	if ! obtain scripts/get-qemu-source "$version"; then
		skip "$version: the series" "$reason"
		continue
	fi
	any=$got
	works "$version: make qemu-series" make -s qemu-series "QSRC=$got" "OUT=$tmp/series-$version"
	find "$got" -newer "$tmp/begin" -type f >"$tmp/changed"
	is_empty "$version: the source is unchanged" "$tmp/changed"
	for patch in "$tmp/series-$version"/*/*.patch; do
		silent "$version: checkpatch: $(sed -n 's/^Subject: //p' "$patch")" check_patch "$got" "$patch"
	done
	works "$version: git am applies all patches" applies "$got" "$tmp/series-$version"
	refuses "$version: make qemu-series, a directory with other patches" 'is there already; remove it' \
		qemu/series "QSRC=$got" "OUT=$tmp/series-$version"
done

if [ -n "$any" ]; then
	small_tree "$any" "$tmp/gone"
	sed -i 's/^ *uint8_t buffer\[128\];/    uint8_t payload[128];/' "$tmp/gone/hw/s390x/s390-pci-inst.c"
	refuses "a missing place" '02-buffer/lines: .*matches 0 lines' qemu/series "QSRC=$tmp/gone" "OUT=$tmp/out"
	small_tree "$any" "$tmp/old"
	echo 7.2.0 >"$tmp/old/VERSION"
	refuses "an untested QEMU" 'is QEMU 7\.2\.0; supported are 10\.0 10\.2' \
		qemu/series "QSRC=$tmp/old" "OUT=$tmp/out"
	small_tree "$any" "$tmp/twice"
	echo '/* memory_region_dispatch_write_block */' >>"$tmp/twice/system/memory.c"
	refuses "a QEMU with the series" 'has the series already' qemu/series "QSRC=$tmp/twice" "OUT=$tmp/out"
fi
for script in series build-series; do
	works "qemu/$script --help" qemu/$script --help
done

tap_done
