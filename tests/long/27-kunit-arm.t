#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The KUnit suites on arm in QEMU: 32 bits, with accessors of its own.
set -eu
cd "$(dirname "$0")/../.."
. tests/lib/kunit.sh

kunit 7.3 arm
kunit 6.12 arm
tap_done
