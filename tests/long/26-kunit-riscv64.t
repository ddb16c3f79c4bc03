#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The KUnit suites on riscv64 in QEMU.
set -eu
cd "$(dirname "$0")/../.."
. tests/lib/kunit.sh

kunit 7.3 riscv64
ordered 7.3 riscv64 riscv64-linux-gnu-
kunit 6.12 riscv64
tap_done
