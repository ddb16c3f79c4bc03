#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The site of Documentation/ builds without a warning, has every page, and does not build
# with a link that leads nowhere.
set -eu
cd "$(dirname "$0")/.."
. tests/lib/tap.sh

# build TREE [ARGUMENT]...: what it says is in $tmp/said, its first page in $tmp/got.
build() {
	status=0
	tree=$1
	shift
	"$tree/scripts/build-site" --out "$tree/html" "$@" >"$tmp/got" 2>"$tmp/said" || status=$?
	[ "$status" != 77 ] || {
		echo "1..0 # SKIP $(tail -n 1 "$tmp/said")"
		exit 0
	}
	return "$status"
}

good() {
	name=$1
	shift
	if build "$@" && [ -s "$(cat "$tmp/got")" ]; then
		ok "$name"
	else
		not_ok "$name" "$tmp/said"
	fi
}

mkdir "$tmp/tree"
for name in Documentation arch-s390 integration kunit scripts selftests vfio-pci-core; do
	cp -r "$name" "$tmp/tree"
done

good "it builds" "$tmp/tree"
find Documentation -name '*.rst' | sed 's/^Documentation//; s/rst$/html/' | while read -r page; do
	[ -s "$tmp/tree/html$page" ] || echo "there is no $page"
done >"$tmp/said"
is_empty "every page is in it" "$tmp/said"

for wanted in 'index.html:path.svg' 'man/vfio-bar.html:id="SYNOPSIS"' \
	'kernel/vfio-pci-io.html:access width: bytes that one access carries' \
	'design.html:href="contract.html"'; do
	page=${wanted%%:*}
	grep -qF "${wanted#*:}" "$tmp/tree/html/$page" || echo "$page has no ${wanted#*:}"
done >"$tmp/said"
is_empty "picture, manual page, DOC comments and links are in it" "$tmp/said"

# All that can be wrong at once, as each build takes seconds.
cp -r "$tmp/tree" "$tmp/broken"
# shellcheck disable=SC2016 # markup
printf '%s\n' '' ':doc:`nodoc`, ``nopage.rst``, :ref:`nolabel`' '' '.. image:: nopicture.svg' '' \
	'.. kernel-doc:: drivers/vfio/pci/vfio_pci_io.h' '   :doc: Nodoc' '' \
	'.. kernel-doc:: drivers/vfio/pci/nofile.h' >>"$tmp/broken/Documentation/contract.rst"
printf '%s\n' Page ==== >"$tmp/broken/Documentation/unlisted.rst"
if build "$tmp/broken" || [ "$status" != 1 ] || [ -s "$tmp/got" ]; then
	not_ok "it does not build with faults" "$tmp/said"
else
	ok "it does not build with faults"
fi
cp "$tmp/said" "$tmp/faults"

# noticed FAULT MESSAGE
noticed() {
	if grep -qF "$2" "$tmp/faults"; then
		ok "$1 is noticed"
	else
		not_ok "$1 is noticed" "$tmp/faults"
	fi
}

noticed "a link to a page that is not there" "unknown document: 'nodoc'"
noticed "the name of a page that is not there" 'there is no page nopage.rst'
noticed "a label that is not there" "undefined label: 'nolabel'"
noticed "a picture that is not there" 'image file not readable: nopicture.svg'
noticed "a DOC comment that is not there" 'has no DOC: Nodoc'
noticed "a file that is not there" 'no step of integration brings drivers/vfio/pci/nofile.h'
noticed "a page that the index does not list" "unlisted.rst: WARNING: document isn't included in any toctree"

if obtain scripts/get-source 7.3; then
	good "it builds with a kernel tree" "$tmp/tree" "$got"
	page=$tmp/tree/html/kernel/vfio-pci-io.html
	if grep -q 'id="c.vfio_pci_io_ops"' "$page"; then
		ok "which renders the kernel-doc"
	else
		not_ok "which renders the kernel-doc" "$page"
	fi
else
	skip "it builds with a kernel tree" "$reason"
fi

tap_done
