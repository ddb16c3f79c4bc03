#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# build-docs reports what is wrong with a page of the kernel's documentation. Runs it on good
# and bad pages and ABI files, in a tree of links to the files of a kernel.
set -eu
cd "$(dirname "$0")/.."
. tests/lib/tap.sh

# Skip without Sphinx.
obtain scripts/get-source 7.3 || {
	echo "1..0 # SKIP $reason"
	exit 0
}
ksrc=$got
obtain scripts/build-docs "$ksrc" Documentation/driver-api/vfio.rst || {
	echo "1..0 # SKIP $reason"
	exit 0
}
ok "a page of the kernel builds"

tree=$tmp/tree
page=Documentation/driver-api/vfio-scratch.rst
abi=Documentation/ABI/testing/sysfs-vfio-scratch
mkdir "$tree"
ln -s "$ksrc"/* "$tree"
rm "$tree/Documentation"
cp -rs "$ksrc/Documentation" "$tree/Documentation"
index=$tree/Documentation/driver-api/index.rst
rm "$index"
cp "$ksrc/Documentation/driver-api/index.rst" "$index"

# write_page LINE...: writes a page that ends with these lines.
write_page() {
	# shellcheck disable=SC2016 # markup
	printf '%s\n' '=======' Scratch '=======' '' 'As in :doc:`vfio`, see also' \
		':ref:`drm-client-usage-stats` and /sys/bus/pci.' '' "$@" >"$tree/$page"
}

# write_abi LINE...: writes an ABI file that ends with these lines.
write_abi() {
	printf '%s\n' 'What:		/sys/bus/pci/vfio-scratch' 'Date:		January 2027' \
		'Contact:	nobody@example.org' "$@" >"$tree/$abi"
}

# good NAME PAGE: build-docs accepts it and prints its path.
good() {
	if scripts/build-docs "$tree" "$2" >"$tmp/got" 2>"$tmp/said" &&
		grep -q scratch "$(cat "$tmp/got")"; then
		ok "$1"
	else
		not_ok "$1" "$tmp/said"
	fi
}

# bad NAME PAGE MESSAGE: build-docs rejects it with that message.
bad() {
	status=0
	scripts/build-docs "$tree" "$2" >"$tmp/got" 2>"$tmp/said" || status=$?
	if [ "$status" = 1 ] && [ ! -s "$tmp/got" ] && grep -qF "$3" "$tmp/said"; then
		ok "$1"
	else
		echo "exit code $status, wanted: $3" >>"$tmp/said"
		not_ok "$1" "$tmp/said"
	fi
}

write_page 'The end.'
bad "a page that no index lists is rejected" "$page" "no table of contents lists it"
sed 's/^   vfio$/&\n   vfio-scratch/' "$ksrc/Documentation/driver-api/index.rst" >"$index"
good "a page builds" "$page"
write_page ".. kernel-doc:: drivers/vfio/vfio_main.c" "   :identifiers: vfio_file_is_valid"
good "kernel-doc builds" "$page"
write_page ".. kernel-doc:: drivers/vfio/vfio_main.c" "   :identifiers: vfio_file_is_valid vfio_nope"
bad "kernel-doc of a missing function is rejected" "$page" "has no kernel-doc of vfio_nope"
write_page ".. kernel-doc:: drivers/vfio/vfio_main.c" "   :doc: Nowhere"
bad "a missing DOC section is rejected" "$page" "has no kernel-doc of Nowhere"
write_page ".. kernel-doc:: drivers/vfio/vfio_nope.c"
bad "kernel-doc of a missing file is rejected" "$page" "Cannot find file drivers/vfio/vfio_nope.c"
# shellcheck disable=SC2016 # markup
write_page ':doc:`vfio-nope`'
bad "a link to a missing document is rejected" "$page" "unknown document: 'vfio-nope'"
# shellcheck disable=SC2016 # markup
write_page ':ref:`vfio-nope`'
bad "a link to a missing label is rejected" "$page" "undefined label: 'vfio-nope'"
write_page '``open'
bad "bad markup is rejected" "$page" "Inline literal start-string without end-string"

write_abi 'Description:	Scratch.'
good "an ABI file builds" "$abi"
write_abi
bad "an ABI file without a description is rejected" "$abi" "doesn't have a description"
write_abi 'Description:	``Scratch.'
bad "bad markup in an ABI file is rejected" "$abi" "Inline literal start-string without end-string"
write_abi 'Description:	Scratch.' '' 'What:		/sys/kernel/debug/vfio' 'Description:	Again.'
bad "an ABI file that repeats another's entry is rejected" "$abi" "is defined 2 times"

tap_done
