#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The site of Documentation/ builds without a warning and has every page. A link to a missing
# page is an error.
set -eu
cd "$(dirname "$0")/.."
. tests/lib/tap.sh

# build TREE [ARGUMENT]...: messages go to $tmp/said, the path of the first page to $tmp/got.
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

good "the site builds" "$tmp/tree"
find Documentation -name '*.rst' | sed 's/^Documentation//; s/rst$/html/' | while read -r page; do
	[ -s "$tmp/tree/html$page" ] || echo "no such page: $page"
done >"$tmp/said"
is_empty "the site has every page" "$tmp/said"

for wanted in 'index.html:path.svg' 'man/vfio-bar.html:id="SYNOPSIS"' \
	'kernel/vfio-pci-io.html:access width: bytes that one access carries' \
	'design.html:href="contract.html"'; do
	page=${wanted%%:*}
	grep -qF "${wanted#*:}" "$tmp/tree/html/$page" || echo "$page has no ${wanted#*:}"
done >"$tmp/said"
is_empty "the site has picture, manual page, DOC comments and links" "$tmp/said"

# All faults at once, as each build takes seconds.
cp -r "$tmp/tree" "$tmp/broken"
# shellcheck disable=SC2016 # markup
printf '%s\n' '' ':doc:`nodoc`, ``nopage.rst``, :ref:`nolabel`' '' '.. image:: nopicture.svg' '' \
	'.. kernel-doc:: drivers/vfio/pci/vfio_pci_io.h' '   :doc: Nodoc' '' \
	'.. kernel-doc:: drivers/vfio/pci/nofile.h' >>"$tmp/broken/Documentation/contract.rst"
printf '%s\n' Page ==== >"$tmp/broken/Documentation/unlisted.rst"
if build "$tmp/broken" || [ "$status" != 1 ] || [ -s "$tmp/got" ]; then
	not_ok "the site does not build with faults" "$tmp/said"
else
	ok "the site does not build with faults"
fi
cp "$tmp/said" "$tmp/faults"

# found FAULT MESSAGE: the build reported it.
found() {
	if grep -qF "$2" "$tmp/faults"; then
		ok "$1 is found"
	else
		not_ok "$1 is found" "$tmp/faults"
	fi
}

found "a link to a missing page" "unknown document: 'nodoc'"
found "the name of a missing page" 'there is no page nopage.rst'
found "a missing label" "undefined label: 'nolabel'"
found "a missing picture" 'image file not readable: nopicture.svg'
found "a missing DOC comment" 'has no DOC: Nodoc'
found "a missing file" 'no step of integration brings drivers/vfio/pci/nofile.h'
found "a page that the index does not list" "unlisted.rst: WARNING: document isn't included in any toctree"

if obtain scripts/get-source 7.3; then
	good "the site builds with a kernel tree" "$tmp/tree" "$got"
	page=$tmp/tree/html/kernel/vfio-pci-io.html
	if grep -q 'id="c.vfio_pci_io_ops"' "$page"; then
		ok "a kernel tree renders the kernel-doc"
	else
		not_ok "a kernel tree renders the kernel-doc" "$page"
	fi
else
	skip "the site builds with a kernel tree" "$reason"
fi

tap_done
