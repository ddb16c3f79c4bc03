/* SPDX-License-Identifier: GPL-2.0-only */
/* The BAR region path: a user's requests on BARs and the option ROM. */
#ifndef VFIO_PCI_BAR_H
#define VFIO_PCI_BAR_H

#include <linux/types.h>
#include <linux/vfio_pci_core.h>

#include "vfio_pci_io.h"

/**
 * struct vfio_pci_bar - a BAR, the ROM or another map, and what guards its accesses
 * @vdev: the device
 * @io: the BAR as the accessors see it
 * @size: size of the region in bytes
 * @mem: memory decode gates the accesses
 * @rom: the ROM behind the ROM BAR, which other requests may disable
 */
struct vfio_pci_bar {
	struct vfio_pci_core_device *vdev;
	struct vfio_pci_io io;
	u64 size;
	bool mem;
	bool rom;
};

void vfio_pci_bar_init(struct vfio_pci_bar *bar, struct vfio_pci_core_device *vdev,
		       unsigned int index);
int vfio_pci_bar_map(struct vfio_pci_bar *bar);
ssize_t vfio_pci_bar_access(const struct vfio_pci_bar *bar, u64 off, void *buf,
			    size_t count, bool write);
ssize_t vfio_pci_bar_user_rw(const struct vfio_pci_bar *bar, char __user *buf, u64 off,
			     size_t count, bool write);
ssize_t vfio_pci_bar_rw(struct vfio_pci_core_device *vdev, char __user *buf,
			size_t count, loff_t *ppos, bool iswrite);

#endif /* VFIO_PCI_BAR_H */
