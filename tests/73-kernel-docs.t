#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The rework's documentation pages for a kernel tree build without a warning and include the
# kernel-doc of all its files. Then each kind of page is broken, and build-docs must find it.
set -eu
cd "$(dirname "$0")/.."
. tests/lib/tap.sh

sed -n 's/^[^#]* \(Documentation\/\)/\1/p' integration/steps/*/*/files | sort -u >"$tmp/pages"
rst=Documentation/driver-api/vfio-pci-io.rst

# build TREE PAGE...: build-docs' messages go to $tmp/said. Returns 1 if there are warnings.
build() {
	status=0
	scripts/build-docs "$@" >"$tmp/built" 2>"$tmp/said" || status=$?
	[ "$status" != 77 ] || {
		reason=$(tail -n 1 "$tmp/said")
		echo "1..0 # SKIP $reason"
		exit 0
	}
	return "$status"
}

# good NAME TREE PAGE
good() {
	name=$1
	shift
	if build "$@" && [ -s "$(cat "$tmp/built")" ]; then
		ok "$name"
	else
		not_ok "$name" "$tmp/said"
	fi
}

# bad NAME MESSAGE TREE PAGE: build-docs rejects the page with that message.
bad() {
	name=$1
	message=$2
	shift 2
	if build "$@"; then
		echo "it builds, wanted: $message" >>"$tmp/said"
		not_ok "$name" "$tmp/said"
	elif grep -qF "$message" "$tmp/said"; then
		ok "$name"
	else
		echo "wanted: $message" >>"$tmp/said"
		not_ok "$name" "$tmp/said"
	fi
}

# change TREE FILE SED-SCRIPT: replaces the file, which may be a link, by a changed one.
change() {
	cp "$1/$2" "$tmp/old"
	sed "$3" "$tmp/old" >"$1/$2.new"
	mv -f "$1/$2.new" "$1/$2"
	if cmp -s "$tmp/old" "$1/$2"; then
		echo "nothing in $2 matches $3" >"$tmp/why"
		not_ok "the page is broken on purpose" "$tmp/why"
		tap_done
	fi
}

restore() {
	mv -f "$tmp/old" "$1/$2"
}

# Our files with kernel-doc that no page includes, apart from the tests'.
not_included() {
	sed -n 's/^[^#]* \(.*\.[ch]\)$/\1/p' integration/steps/*/*/files | sort -u | grep -v /tests/ |
		while read -r file; do
			if [ -e "$1/$file" ] && grep -q '^/\*\*$' "$1/$file" &&
				! (cd "$1" && grep '\.rst$' "$tmp/pages" |
					xargs grep -qxF ".. kernel-doc:: $file"); then
				echo "no page includes $file"
			fi
		done
}

# test_tree VERSION TREE
test_tree() {
	while read -r page; do
		case $1:$page in
		# build-docs takes pages of Documentation/ABI from 7.3 on.
		6.12:Documentation/ABI/*) ;;
		*) good "$1: $page" "$2" "$page" ;;
		esac
	done <"$tmp/pages"

	not_included "$2" >"$tmp/missing"
	is_empty "$1: pages include all kernel-doc of the rework" "$tmp/missing"

	change "$2" Documentation/driver-api/index.rst '/^   vfio-pci-io$/d'
	bad "$1: a page in no table of contents is found" 'no table of contents lists it' "$2" "$rst"
	restore "$2" Documentation/driver-api/index.rst

	change "$2" drivers/vfio/pci/vfio_pci_bar.c 's/^ \* @ppos:/ * @pos:/'
	bad "$1: wrong kernel-doc is found" "'ppos' not described" "$2" "$rst"
	restore "$2" drivers/vfio/pci/vfio_pci_bar.c

	# shellcheck disable=SC2016 # markup
	change "$2" "$rst" '$a\\n``open'
	bad "$1: wrong markup is found" 'Inline literal start-string' "$2" "$rst"
	restore "$2" "$rst"
}

for version in 7.3 6.12; do
	if ! obtain scripts/get-source "$version"; then
		skip "$version: pages" "$reason"
		continue
	fi
	obtain integration/overlay KSRC="$got" OUT="$tmp/$version"
	test_tree "$version" "$tmp/$version"
done

abi=$(grep '^Documentation/ABI/' "$tmp/pages")
if [ -d "$tmp/7.3" ]; then
	change "$tmp/7.3" "$abi" '/^Description:/,/^$/d'
	bad "7.3: an ABI file without descriptions is found" "doesn't have a description" \
		"$tmp/7.3" "$abi"
fi

tap_done
