/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For modules that are built for a kernel as it is: what the BAR region path has to
 * know of a zPCI function, whose group's flags such a kernel does not keep.
 */
#ifndef COMPAT_VFIO_PCI_IO_ZDEV_H
#define COMPAT_VFIO_PCI_IO_ZDEV_H

#include <linux/pci.h>

/* Older kernels have the name in the driver of ISM functions only. */
#define COMPAT_DEVICE_ISM	0x04ed

/**
 * vfio_pci_zdev_relaxed_align() - May a function's block stores begin anywhere?
 * @pdev: the function
 *
 * Of all functions known, those of ISM may.
 *
 * Context: any.
 * Return: true if they may.
 */
static inline bool vfio_pci_zdev_relaxed_align(struct pci_dev *pdev)
{
	return pdev->vendor == PCI_VENDOR_ID_IBM && pdev->device == COMPAT_DEVICE_ISM;
}

#endif /* COMPAT_VFIO_PCI_IO_ZDEV_H */
