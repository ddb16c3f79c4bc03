#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The KUnit suites on i386 in QEMU: 32 bits, without 8-byte accesses.
set -eu
cd "$(dirname "$0")/.."
. tests/lib/kunit.sh

kunit 7.3 i386
tap_done
