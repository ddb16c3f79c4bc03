#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Like 30-builds, against the headers of Debian's PREEMPT_RT kernels.
set -eu
cd "$(dirname "$0")/../.."
. tests/lib/builds.sh

for version in 6.1-rt 6.12-rt; do
	if obtain scripts/get-kernel "$version"; then
		exports_of_headers "$got/headers" >"$tmp/exports"
		test_module "$version" "$got/headers"
	else
		skip "$version: vfio-pci-width.ko" "$reason"
	fi
done

tap_done
