#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The patch series against 6.12: each patch applies and compiles, on little and big endian.
set -eu
cd "$(dirname "$0")/../.."
. tests/lib/series.sh
series 6.12 x86_64 s390x
tap_done
