#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Fuzzes requests in user space: the inputs of the corpus, then more from a fixed seed.
# The corpus finds planted bugs, and executes every line that coverage-explained does not list.
set -eu
cd "$(dirname "$0")/.."
. tests/lib/tap.sh

# plant FILE OLD NEW: makes a copy of the tree in $tmp/planted with that bug.
plant() {
	rm -rf "$tmp/planted"
	scripts/copy-tree "$tmp/planted"
	# shellcheck disable=SC2016 # Perl's
	perl -0pi -e 'BEGIN { ($old, $new) = splice @ARGV, 0, 2 } s/\Q$old\E/$new/ or die "not in $ARGV\n"' \
		"$2" "$3" "$tmp/planted/$1"
}

# found NAME MESSAGE: the corpus, or the empty input, finds the planted bug.
found() {
	status=0
	"$tmp/planted/scripts/fuzz" --runs 0 >"$tmp/said" 2>&1 || status=$?
	if [ "$status" = 1 ] && grep -q "$2" "$tmp/said" && grep -q '^input: [0-9a-f]*$' "$tmp/said"; then
		ok "a bug is found: $1"
	else
		not_ok "a bug is found: $1" "$tmp/said"
	fi
}

works "AddressSanitizer and UBSan: the corpus and 60000 more inputs" scripts/fuzz --runs 60000
works "MemorySanitizer: the corpus and 5000 more inputs" scripts/fuzz --memory --runs 5000 --seed 2

plant vfio-pci-core/vfio_pci_io.c \
	'return min_t(u64, left, io->hole_start - off);' 'return left;'
found "a wide access straddles the hole" 'FUZZ FAILED: an access .* touches the hole'

plant vfio-pci-core/vfio_pci_bar.c 'single ? len : ret' 'len'
found "a read copies more than it read" 'FUZZ FAILED: copy_to_user() of what the device did not return'

plant vfio-pci-core/vfio_pci_bar.c 'copy_to_user(buf, bounce, single ? len : ret)' \
	'(copy_to_user(buf, bounce, ret) ?: copy_to_user(buf, bounce, ret))'
found "a read copies twice" 'FUZZ FAILED: copy_to_user() of byte .* again'

plant vfio-pci-core/vfio_pci_bar.c '	ret = single ? vfio_pci_bar_access_single(bar, off, bounce, len, write) :' \
	'	if (!write) { memcpy(bounce, buf, len); if (copy_to_user(buf, bounce, len)) return -EFAULT; }
	ret = single ? vfio_pci_bar_access_single(bar, off, bounce, len, write) :'
found "a read writes back its destination before the access" \
	'FUZZ FAILED: copy_to_user() of what the device did not return'

plant vfio-pci-core/vfio_pci_bar.c 'ret = ret - left ?: -EFAULT;' 'ret = left ? -EFAULT : ret;'
found "a read returns an error after copying a part" 'FUZZ FAILED: returned -14'

plant vfio-pci-core/vfio_pci_bar.c 'if (unlikely(left))' 'if (0)'
found "a read trusts an inexact copy_to_user()" 'FUZZ FAILED: returned '

plant vfio-pci-core/in-tree/vfio_pci_vdev.h 'if (cmpxchg(&vdev->bar_bounce, NULL, bounce))
		kfree(bounce);' 'vdev->bar_bounce = cmpxchg(&vdev->bar_bounce, NULL, bounce) ?: bounce;'
found "a second bounce buffer leaks" 'FUZZ FAILED: memory leaks'

plant vfio-pci-core/in-tree/vfio_pci_vdev.h 'vfio_pci_io_platform_limit(vdev->pdev)' '0U'
found "a function's longest block is ignored" \
	'FUZZ FAILED: the feature is wrong on writes'

plant vfio-pci-core/vfio_pci_bar.c 'return vfio_pci_bar_check_claim(vdev, bar->io.bar);' \
	'return 0;'
found "a zPCI table accesses a claimed BAR" 'FUZZ FAILED: .* accesses, should be 0'

plant vfio-pci-core/vfio_pci_bar.c "	       READ_ONCE(vdev->pdev->resource[bar].child) ? -EBUSY : 0;" \
	'	       0 ? -EBUSY : 0;'
found "a claim is overlooked if there is no map" 'FUZZ FAILED: returned .*, should be -16'

plant vfio-pci-core/vfio_pci_bar.c 'bar->rom && pci_enable_rom(bar->vdev->pdev)' 'false'
found "a chunk of the ROM trusts the one before it" 'FUZZ FAILED: an access to the ROM without its decode'

plant vfio-pci-core/vfio_pci_bar.c '	down_write(&bar->vdev->memory_lock);
	pci_unmap_rom(bar->vdev->pdev, bar->io.base);
	up_write(&bar->vdev->memory_lock);' '	down_read(&bar->vdev->memory_lock);
	pci_unmap_rom(bar->vdev->pdev, bar->io.base);
	up_read(&bar->vdev->memory_lock);'
found "the ROM is disabled under other requests" \
	'FUZZ FAILED: pci_unmap_rom() without memory_lock held for writing'

plant vfio-pci-core/vfio_pci_bar.c 'vfio_pci_region_index(vdev, *ppos)' \
	'(u64)*ppos >> VFIO_PCI_REGION_SHIFT'
found "an index is computed with the wrong shift" 'FUZZ FAILED: .* should be '

plant vfio-pci-core/in-tree/vfio_pci_bar_feature.c \
	'write ? io->ops->write_boundary : io->ops->read_boundary' 'io->ops->write_boundary'
found "the feature reports a wrong boundary" 'FUZZ FAILED: the feature is wrong on reads'

plant vfio-pci-core/in-tree/vfio_pci_bar_feature.c \
	'feature.hole_size = bar.io.hole_size' 'feature.hole_size = 0'
found "the feature ignores the hole" 'FUZZ FAILED: the feature is wrong on '

plant vfio-pci-core/in-tree/vfio_pci_bar_feature.c 'if (!bar.size)' 'if (0)'
found "the feature answers for an absent BAR" \
	'FUZZ FAILED: the feature .* gives 0, should be -25'

plant vfio-pci-core/vfio_pci_io_limit.c 'vfio_pci_io_parse_limit(text, &limits)' \
	'vfio_pci_io_parse_limit(text, &vfio_pci_io_limits)'
found "a refused text changes the limits" 'FUZZ FAILED: '

plant vfio-pci-core/vfio_pci_io_limit.c "*text == ',' && text++" "*text == ',' && *++text"
found "a trailing comma is accepted" 'FUZZ FAILED: the text gives 0'

works "the corpus executes each line that is not explained" scripts/coverage --no-kunit

tap_done
