#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# In the machine code of the plain loops on arm64, each access has the barrier that
# Documentation/ordering.rst requires. The check finds an access without it.
set -eu
cd "$(dirname "$0")/.."
. tests/lib/tap.sh

if ! obtain scripts/get-foreign-kernel 6.12 arm64; then
	echo "1..0 # SKIP $reason"
	exit 0
fi
kdir=$got/headers
cross=aarch64-linux-gnu-
scripts/copy-tree "$tmp/ours"
file=vfio-pci-core/vfio_pci_io_iomem

# shellcheck disable=SC2317 # called by works
compile() {
	make -C "$kdir" M="$tmp/ours" ARCH=arm64 CROSS_COMPILE="$cross" "$file.o"
}

works "the loops compile" compile
silent "each access has its barrier" tests/lib/ordering "${cross}objdump" "$tmp/ours/$file.o"

# found ACCESSOR MESSAGE: the check finds the accessor without its barrier.
found() {
	sed "s/\([^a-z_]\)$1(/\1__raw_$1(/" "$file.c" >"$tmp/ours/$file.c"
	compile >"$tmp/said" 2>&1 || :
	tests/lib/ordering "${cross}objdump" "$tmp/ours/$file.o" >>"$tmp/said" 2>&1 || :
	if grep -qxF "$2" "$tmp/said"; then
		ok "$1() without a barrier is found"
	else
		not_ok "$1() without a barrier is found" "$tmp/said"
	fi
}

found readq 'iomem_read: no access of 8 bytes with its barrier'
found writeq 'iomem_write: no access of 8 bytes with its barrier'

tap_done
