#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The structures that each request uses have no hole, and the table of accessors fits one cache
# line.
set -eu
cd "$(dirname "$0")/.."
. tests/lib/tap.sh

if ! obtain scripts/get-kernel 6.12; then
	skip "structures of the hot path" "$reason"
elif scripts/layout >"$tmp/said" 2>&1; then
	ok "structures of the hot path have no hole"
else
	not_ok "structures of the hot path have no hole" "$tmp/said"
fi
tap_done
