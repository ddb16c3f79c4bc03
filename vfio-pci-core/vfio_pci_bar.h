/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The BAR region path: requests of the user on BARs and on the ROM.
 */
#ifndef VFIO_PCI_BAR_H
#define VFIO_PCI_BAR_H

#include <linux/types.h>

#include "vfio_pci_io.h"

struct mutex;
struct vfio_pci_core_device;

/**
 * struct vfio_pci_bar - a BAR, the ROM or another map, as &struct vfio_pci_io is
 * @vdev: the device
 * @io: the BAR for the accessors
 * @size: bytes the user sees
 * @mem: memory decode gates it, which requests of the user ask; vfio_pci_bar_access() is
 *	told by its caller
 * @rom_lock: for the ROM behind the function's ROM BAR, else NULL. The ROM's own
 *	decode bit is shared by all requests, and pci_unmap_rom() turns it off
 *	without looking who else reads; this keeps the two apart. Taken before
 *	memory_lock, so that a ROM that is slow holds up nobody but its readers.
 */
struct vfio_pci_bar {
	struct vfio_pci_core_device *vdev;
	struct vfio_pci_io io;
	u64 size;
	/* Apart from each other: reads of the ROM, and its decode going off. */
	struct mutex *rom_lock;
	bool mem;
};

void vfio_pci_bar_init(struct vfio_pci_bar *bar, struct vfio_pci_core_device *vdev,
		       unsigned int index);
int vfio_pci_bar_map(struct vfio_pci_bar *bar);
ssize_t vfio_pci_bar_access(const struct vfio_pci_bar *bar, u64 off, void *buf,
			    size_t count, bool write, bool test_mem);
ssize_t vfio_pci_bar_user_rw(struct vfio_pci_bar *bar, char __user *buf, u64 off,
			     size_t count, bool write);
ssize_t vfio_pci_bar_rw(struct vfio_pci_core_device *vdev, char __user *buf,
			size_t count, loff_t *ppos, bool iswrite);

#endif /* VFIO_PCI_BAR_H */
