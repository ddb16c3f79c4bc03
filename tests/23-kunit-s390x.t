#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The KUnit suites on s390x 7.3 in QEMU: big endian.
set -eu
cd "$(dirname "$0")/.."
. tests/lib/kunit.sh

kunit 7.3 s390x
tap_done
