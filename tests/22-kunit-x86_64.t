#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The KUnit suites on x86_64 7.3 in QEMU.
set -eu
cd "$(dirname "$0")/.."
. tests/lib/kunit.sh

kunit 7.3 x86_64
tap_done
