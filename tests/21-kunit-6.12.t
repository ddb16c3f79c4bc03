#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The KUnit suites on user-mode Linux 6.12.
set -eu
cd "$(dirname "$0")/.."
. tests/lib/kunit.sh

kunit 6.12 um
tap_done
