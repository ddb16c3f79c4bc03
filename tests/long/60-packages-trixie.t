#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The packages on a machine with trixie: see tests/lib/packages.sh.
set -eu
cd "$(dirname "$0")/../.."
. tests/lib/packages.sh

test_release trixie '6.12.*-amd64' '*-cloud-amd64' "linux-image-cloud-amd64 linux-headers-cloud-amd64" 8
tap_done
