/* SPDX-License-Identifier: GPL-2.0-only */
/* What the BAR region path needs to know about a zPCI function. */
#ifndef VFIO_PCI_IO_ZDEV_H
#define VFIO_PCI_IO_ZDEV_H

#include <linux/pci.h>

/*
 * Can store blocks begin at any byte? The function's group has a flag for this, which
 * a guest does not see: QEMU up to 10.2 passes on neither the flag nor the function
 * type. So recognize ISM functions by their ID, too.
 */
static inline bool vfio_pci_zdev_relaxed_align(struct pci_dev *pdev)
{
	return to_zpci(pdev)->relaxed_align ||
	       (pdev->vendor == PCI_VENDOR_ID_IBM && pdev->device == PCI_DEVICE_ID_IBM_ISM);
}

#endif /* VFIO_PCI_IO_ZDEV_H */
