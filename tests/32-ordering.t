#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The plain loops on arm64, in machine code: each access has the barrier that
# Documentation/ordering.rst says; and that one which has none would be noticed.
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

works "it compiles" compile
silent "each access has its barrier" tests/lib/ordering "${cross}objdump" "$tmp/ours/$file.o"

# noticed ACCESSOR SAYING: that one without its barrier.
noticed() {
	sed "s/\([^a-z_]\)$1(/\1__raw_$1(/" "$file.c" >"$tmp/ours/$file.c"
	compile >"$tmp/said" 2>&1 || :
	tests/lib/ordering "${cross}objdump" "$tmp/ours/$file.o" >>"$tmp/said" 2>&1 || :
	if grep -qxF "$2" "$tmp/said"; then
		ok "$1() without a barrier is noticed"
	else
		not_ok "$1() without a barrier is noticed" "$tmp/said"
	fi
}

noticed readq 'iomem_read: no access of 8 bytes with its barrier'
noticed writeq 'iomem_write: no access of 8 bytes with its barrier'

tap_done
