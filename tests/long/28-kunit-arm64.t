#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The KUnit suites on arm64 in QEMU, with pages of 4 KiB and of 64 KiB.
set -eu
cd "$(dirname "$0")/../.."
. tests/lib/kunit.sh

kunit 7.3 arm64
ordered 7.3 arm64 aarch64-linux-gnu-
kunit 7.3 arm64-64k
tap_done
