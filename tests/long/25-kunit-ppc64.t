#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The KUnit suites on powerpc in QEMU: 64 bits of both byte orders.
set -eu
cd "$(dirname "$0")/../.."
. tests/lib/kunit.sh

kunit 7.3 ppc64
ordered 7.3 ppc64 powerpc64-linux-gnu-
kunit 6.12 ppc64
kunit 7.3 ppc64le
ordered 7.3 ppc64le powerpc64le-linux-gnu-
tap_done
