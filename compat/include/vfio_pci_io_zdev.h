/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the BAR region path needs to know about a zPCI function, on an unmodified kernel,
 * which does not keep the flags of the function's group.
 */
#ifndef COMPAT_VFIO_PCI_IO_ZDEV_H
#define COMPAT_VFIO_PCI_IO_ZDEV_H

#include <linux/pci.h>

/* Older kernels define PCI_DEVICE_ID_IBM_ISM in the ISM driver only. */
#define COMPAT_DEVICE_ISM	0x04ed

/**
 * vfio_pci_zdev_relaxed_align() - Can store blocks begin at any byte?
 * @pdev: the function
 *
 * Of all known functions, only those of ISM have relaxed alignment.
 *
 * Context: any.
 * Return: true if they can.
 */
static inline bool vfio_pci_zdev_relaxed_align(struct pci_dev *pdev)
{
	return pdev->vendor == PCI_VENDOR_ID_IBM && pdev->device == COMPAT_DEVICE_ISM;
}

#endif /* COMPAT_VFIO_PCI_IO_ZDEV_H */
