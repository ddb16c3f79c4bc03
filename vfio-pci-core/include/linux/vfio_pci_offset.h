/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the regions of a VFIO PCI device lie in its file.
 */
#ifndef LINUX_VFIO_PCI_OFFSET_H
#define LINUX_VFIO_PCI_OFFSET_H

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/kconfig.h>
#include <linux/limits.h>
#include <linux/mm_types.h>
#include <linux/types.h>
#include <linux/vfio.h>

#include <asm/page.h>

/**
 * DOC: Region offsets
 *
 * A position in the file of a device names a region and an offset inside it, for
 * read, write, mmap and ioeventfds alike. VFIO_DEVICE_GET_REGION_INFO reports the
 * position at which a region begins; there are two windows:
 *
 * ======  ==========================  =====================  ==================
 * window  position                    regions                bytes of each
 * ======  ==========================  =====================  ==================
 * legacy  index << 40 | offset        all                    1 TiB
 * large   1 << 62 | index << 56 |     BARs, 64-bit kernels   64 PiB
 *         offset
 * ======  ==========================  =====================  ==================
 *
 * The legacy window is how it always was. Users know its shift by heart, and a
 * page offset of 32 bits has no room for more, so it stays for all that fits. A BAR
 * that does not fit (the ISM function of s390 has one of 256 TiB) is reported in
 * the large window.
 *
 * Both windows lead to every BAR at all times, whichever is reported: so nobody
 * who knows the legacy position loses the first TiB, and no driver can tell one
 * from the other and guard only one, as long as it decodes with these helpers.
 */

/* Of the legacy window. */
#define VFIO_PCI_OFFSET_LEGACY_SHIFT	40

/* Far above what a legacy index can reach, and still a positive loff_t. */
#define VFIO_PCI_OFFSET_LARGE_BIT	62
#define VFIO_PCI_OFFSET_LARGE		BIT_ULL(VFIO_PCI_OFFSET_LARGE_BIT)

/* More than the physical addresses of any platform have. */
#define VFIO_PCI_OFFSET_LARGE_SHIFT	56

/* No region has this index. Many keep an index in an int. */
#define VFIO_PCI_OFFSET_NO_REGION	S32_MAX

/**
 * vfio_pci_offset_is_large() - Is a position in the large window?
 * @pos: position in the device's file
 *
 * Context: any; pure.
 * Return: true if it is. Never on 32-bit kernels, whose mmap() could not reach it.
 */
static inline bool vfio_pci_offset_is_large(u64 pos)
{
	return IS_ENABLED(CONFIG_64BIT) && pos >> VFIO_PCI_OFFSET_LARGE_BIT == 1;
}

/**
 * vfio_pci_offset_index() - The region that a position names
 * @pos: position in the device's file
 *
 * The caller compares it with the number of regions there are, and against
 * speculation clamps it (array_index_nospec()) before it looks something up.
 *
 * Context: any; pure.
 * Return: the region's index, or one above that of any region if the position
 * names none.
 */
static inline u32 vfio_pci_offset_index(u64 pos)
{
	u32 bar;

	if (!vfio_pci_offset_is_large(pos))
		return pos >> VFIO_PCI_OFFSET_LEGACY_SHIFT;

	bar = (pos - VFIO_PCI_OFFSET_LARGE) >> VFIO_PCI_OFFSET_LARGE_SHIFT;

	return bar <= VFIO_PCI_BAR5_REGION_INDEX ? bar : VFIO_PCI_OFFSET_NO_REGION;
}

/**
 * vfio_pci_offset_in_region() - The offset inside the region that a position names
 * @pos: position in the device's file
 *
 * Context: any; pure.
 * Return: bytes from the region's begin.
 */
static inline u64 vfio_pci_offset_in_region(u64 pos)
{
	if (vfio_pci_offset_is_large(pos))
		return pos & (BIT_ULL(VFIO_PCI_OFFSET_LARGE_SHIFT) - 1);

	return pos & (BIT_ULL(VFIO_PCI_OFFSET_LEGACY_SHIFT) - 1);
}

/**
 * vfio_pci_offset_vma_index() - The region that a mapping is of
 * @vma: of the device's file
 *
 * Context: any in which @vma is stable.
 * Return: as vfio_pci_offset_index().
 */
static inline u32 vfio_pci_offset_vma_index(const struct vm_area_struct *vma)
{
	return vfio_pci_offset_index((u64)vma->vm_pgoff << PAGE_SHIFT);
}

/**
 * vfio_pci_offset_vma_pgoff() - Where in the region a mapping begins
 * @vma: of the device's file
 *
 * Context: any in which @vma is stable.
 * Return: pages from the region's begin.
 */
static inline u64 vfio_pci_offset_vma_pgoff(const struct vm_area_struct *vma)
{
	return vfio_pci_offset_in_region((u64)vma->vm_pgoff << PAGE_SHIFT) >> PAGE_SHIFT;
}

/**
 * vfio_pci_offset_vma_in_region() - Does a mapping lie in the region that it begins in?
 * @vma: of the device's file
 *
 * One that does not would be of two regions: a BAR above 1 TiB that is mapped in the
 * legacy window runs over the positions of others, and is not found again by its own.
 *
 * Context: any in which @vma is stable.
 * Return: true if it does.
 */
static inline bool vfio_pci_offset_vma_in_region(const struct vm_area_struct *vma)
{
	u64 last = ((u64)vma->vm_pgoff << PAGE_SHIFT) + (vma->vm_end - vma->vm_start) - 1;

	return vfio_pci_offset_index(last) == vfio_pci_offset_vma_index(vma);
}

/**
 * vfio_pci_offset_legacy() - Where a region begins in the legacy window
 * @index: of the region
 *
 * Context: any; pure.
 * Return: the position in the device's file.
 */
static inline u64 vfio_pci_offset_legacy(u32 index)
{
	return (u64)index << VFIO_PCI_OFFSET_LEGACY_SHIFT;
}

/**
 * vfio_pci_offset_large() - Where a BAR begins in the large window
 * @bar: BAR index, at most VFIO_PCI_BAR5_REGION_INDEX; one above that gives the
 *	end of the window's last BAR
 *
 * Context: any; pure. Of use on 64-bit kernels only.
 * Return: the position in the device's file.
 */
static inline u64 vfio_pci_offset_large(u32 bar)
{
	return VFIO_PCI_OFFSET_LARGE + ((u64)bar << VFIO_PCI_OFFSET_LARGE_SHIFT);
}

#endif /* LINUX_VFIO_PCI_OFFSET_H */
