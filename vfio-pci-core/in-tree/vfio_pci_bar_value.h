/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes to a BAR whose value is known beforehand.
 */
#ifndef VFIO_PCI_BAR_VALUE_H
#define VFIO_PCI_BAR_VALUE_H

#include <linux/types.h>

struct vfio_pci_bar;
struct vfio_pci_core_device;

int vfio_pci_bar_prepare(struct vfio_pci_bar *bar, struct vfio_pci_core_device *vdev,
			 unsigned int index);
int vfio_pci_bar_write_value(const struct vfio_pci_bar *bar, u64 off, u64 val, u32 width,
			     bool test_mem);

#endif /* VFIO_PCI_BAR_VALUE_H */
