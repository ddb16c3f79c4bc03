#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The KUnit suites on user-mode Linux 7.3.
set -eu
cd "$(dirname "$0")/.."
. tests/lib/kunit.sh

kunit 7.3 um
tap_done
