#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# How the structures that each request meets lie in memory: no hole, and a table of
# accessors that is one cache line.
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
