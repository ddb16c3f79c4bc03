#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The packages on a machine with bookworm: see tests/lib/packages.sh.
set -eu
cd "$(dirname "$0")/../.."
. tests/lib/packages.sh

test_release bookworm '6.1.*-amd64' '6.12.*-amd64' "linux-image-6.12-amd64 linux-headers-6.12-amd64" "4 4"
tap_done
