/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The BAR region path: a user's requests on BARs and on the option ROM.
 */
#ifndef VFIO_PCI_BAR_H
#define VFIO_PCI_BAR_H

#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/io.h>
#include <linux/pci.h>
#include <linux/types.h>
#include <linux/vfio_pci_core.h>

#include "vfio_pci_io.h"

/**
 * struct vfio_pci_bar - a BAR, the ROM or another map, with what guards it
 * @vdev: the device
 * @io: the BAR as the accessors see it
 * @size: bytes the user sees
 * @rom_lock: for the ROM behind the function's ROM BAR, else NULL. Serializes ROM
 *	reads against pci_unmap_rom() disabling the ROM's decode, which pci_map_rom()
 *	and pci_unmap_rom() do not count. Taken before memory_lock, so that a slow ROM
 *	holds up nobody but its readers.
 * @mem: memory decode gates it
 */
struct vfio_pci_bar {
	struct vfio_pci_core_device *vdev;
	struct vfio_pci_io io;
	u64 size;
	struct mutex *rom_lock; /* ROM reads against its decode */
	bool mem;
};

/**
 * vfio_pci_bar_check_claim() - Check that no other driver has claimed a BAR
 * @vdev: the device, opened
 * @bar: BAR index
 *
 * For tables that reach a BAR without a map: whoever claimed it owns it all the same. Some
 * BARs cannot be mapped, and kernels that map on first use do not keep the error, so this
 * does not ask for a map.
 *
 * Context: any.
 * Return: 0, or -EBUSY if one has.
 */
static inline int vfio_pci_bar_check_claim(struct vfio_pci_core_device *vdev, int bar)
{
	void __iomem *base = READ_ONCE(vdev->barmap[bar]);

	if (likely(base))
		return base == IOMEM_ERR_PTR(-EBUSY) ? -EBUSY : 0;

	return READ_ONCE(vdev->pdev->resource[bar].child) ? -EBUSY : 0;
}

int vfio_pci_bar_init(struct vfio_pci_bar *bar, struct vfio_pci_core_device *vdev,
		      unsigned int index);
ssize_t vfio_pci_bar_access(const struct vfio_pci_bar *bar, u64 off, void *buf,
			    size_t count, bool write);
ssize_t vfio_pci_bar_user_rw(const struct vfio_pci_bar *bar, char __user *buf, u64 off,
			     size_t count, bool write);
ssize_t vfio_pci_bar_rw(struct vfio_pci_core_device *vdev, char __user *buf,
			size_t count, loff_t *ppos, bool iswrite);

#endif /* VFIO_PCI_BAR_H */
