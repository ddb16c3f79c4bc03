#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The patch series against 7.3: each patch applies and compiles, on little and big endian.
set -eu
cd "$(dirname "$0")/.."
. tests/lib/series.sh
series 7.3 x86_64 s390x
tap_done
