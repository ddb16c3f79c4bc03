#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The space of requests in user space: the inputs that are kept, then some more from a
# fixed seed; that a bug would be found; and that no line is left out.
set -eu
cd "$(dirname "$0")/.."
. tests/lib/tap.sh

# plant FILE OLD NEW: a copy of the tree in $tmp/planted with that bug in it.
plant() {
	rm -rf "$tmp/planted"
	scripts/copy-tree "$tmp/planted"
	# shellcheck disable=SC2016 # Perl's
	perl -0pi -e 'BEGIN { ($old, $new) = splice @ARGV, 0, 2 } s/\Q$old\E/$new/ or die "not in $ARGV\n"' \
		"$2" "$3" "$tmp/planted/$1"
}

# found NAME SAYING: the kept inputs alone find what is planted.
found() {
	status=0
	"$tmp/planted/scripts/fuzz" --runs 0 >"$tmp/said" 2>&1 || status=$?
	if [ "$status" = 1 ] && grep -q "$2" "$tmp/said" && grep -q '^input: [0-9a-f]' "$tmp/said"; then
		ok "a bug is found: $1"
	else
		not_ok "a bug is found: $1" "$tmp/said"
	fi
}

works "AddressSanitizer and UBSan: the kept inputs and 60000 more" scripts/fuzz --runs 60000
works "MemorySanitizer: the kept inputs and 5000 more" scripts/fuzz --memory --runs 5000 --seed 2

plant vfio-pci-core/vfio_pci_io.c \
	'return min_t(u64, left, io->hole_start - off);' 'return left;'
found "a wide access straddles the hole" 'FUZZ FAILED: access'

plant vfio-pci-core/vfio_pci_bar.c \
	'vfio_pci_user_copy_to(buf, bounce, ret)' 'vfio_pci_user_copy_to(buf, bounce, len)'
found "more is copied than was read" 'FUZZ FAILED'

works "each line is executed by the kept inputs, or explained" scripts/coverage --no-kunit

tap_done
