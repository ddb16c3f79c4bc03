/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The BAR region path: requests of the user on BARs and on the ROM.
 */
#ifndef VFIO_PCI_BAR_H
#define VFIO_PCI_BAR_H

#include <linux/types.h>

struct vfio_pci_core_device;

ssize_t vfio_pci_bar_rw(struct vfio_pci_core_device *vdev, char __user *buf,
			size_t count, loff_t *ppos, bool iswrite);

#endif /* VFIO_PCI_BAR_H */
