// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a position in the device's file means, for which there is a header alone, and
 * where VFIO says that a region is.
 */
#include <linux/vfio_pci_offset.h>

#include "fuzz.h"

static void check_decode(u64 pos)
{
	u64 off;
	u32 index;

	fuzz_decode_position(pos, &index, &off);
	if (vfio_pci_offset_index(pos) != index)
		fuzz_fail("position %#llx is in region %u, should be %u", pos,
			  vfio_pci_offset_index(pos), index);
	if (index != S32_MAX && vfio_pci_offset_in_region(pos) != off)
		fuzz_fail("position %#llx is at %#llx, should be at %#llx", pos,
			  vfio_pci_offset_in_region(pos), off);
}

/* A mapping begins where a read does, and lies in one region. */
static void check_mapping(u64 pos, u64 len)
{
	struct vm_area_struct vma = { .vm_pgoff = pos >> PAGE_SHIFT, .vm_end = len };
	u64 first, last_off, begin = pos & ~(u64)(PAGE_SIZE - 1);
	u32 index, last;

	fuzz_decode_position(begin, &index, &first);
	fuzz_decode_position(begin + len - 1, &last, &last_off);
	if (vfio_pci_offset_vma_index(&vma) != index)
		fuzz_fail("a mapping at %#llx is of another region", pos);
	if (index != S32_MAX && vfio_pci_offset_vma_pgoff(&vma) != first >> PAGE_SHIFT)
		fuzz_fail("a mapping at %#llx begins elsewhere", pos);
	if (vfio_pci_offset_vma_in_region(&vma) ? index != last : index == last)
		fuzz_fail("a mapping of %#llx bytes at %#llx: in one region or not?", len, pos);
}

static void check_report(const struct fuzz_case *c)
{
	struct pci_dev pdev = { 0 };
	struct vfio_pci_core_device vdev = { .pdev = &pdev };
	u32 asked = (c->seed & 0xf) < 10 ? c->seed & 0xf : 3, index;
	u64 pos, off;

	*fuzz_param_debug_large_offsets = c->trace;
	if (asked <= PCI_ROM_RESOURCE)
		pdev.resource[asked].len = c->size;
	pos = vfio_pci_core_region_offset(&vdev, asked);
	fuzz_decode_position(pos, &index, &off);
	if (index != asked || off)
		fuzz_fail("region %u is reported at %#llx", asked, pos);
	if (asked < PCI_ROM_RESOURCE && (c->trace || c->size > SZ_1T) != (pos >= 1ULL << 62))
		fuzz_fail("region %u of %#llx bytes is reported in the wrong window", asked,
			  c->size);
}

void fuzz_check_position(const struct fuzz_case *c)
{
	check_decode(c->pos);
	check_mapping(c->pos, ((u64)c->count % (1ULL << 44) / PAGE_SIZE + 1) * PAGE_SIZE);
	check_report(c);
}
