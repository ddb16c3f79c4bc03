/* SPDX-License-Identifier: GPL-2.0-only */
/* What the BAR region path needs to know about a zPCI function. */
#ifndef VFIO_PCI_IO_ZDEV_H
#define VFIO_PCI_IO_ZDEV_H

#include <linux/pci.h>

#include <asm/pci_clp.h>

/*
 * Can store blocks begin at any byte? The function's group tells, but in a guest the VMM
 * builds the group from what VFIO reports, which lacks the flag. The function type is
 * passed through.
 */
static inline bool vfio_pci_zdev_relaxed_align(struct pci_dev *pdev)
{
	struct zpci_dev *zdev = to_zpci(pdev);

	return zdev->relaxed_align || zdev->pft == PCI_FUNC_TYPE_ISM;
}

#endif /* VFIO_PCI_IO_ZDEV_H */
