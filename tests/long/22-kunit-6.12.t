#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The KUnit suites on 6.12 in QEMU: x86_64, and s390x for big endian.
set -eu
cd "$(dirname "$0")/../.."
. tests/lib/kunit.sh

kunit 6.12 x86_64
kunit 6.12 s390x
tap_done
