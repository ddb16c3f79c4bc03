/* SPDX-License-Identifier: GPL-2.0-only */
/* What the BAR region path has to know of a zPCI function. */
#ifndef VFIO_PCI_IO_ZDEV_H
#define VFIO_PCI_IO_ZDEV_H

#include <linux/pci.h>

#include <asm/pci_clp.h>

/*
 * May a function's block stores begin anywhere? Its group says so, but in a guest the VMM
 * makes up the group from what VFIO tells it, which does not have that flag. The function's
 * type is passed on as it is.
 */
static inline bool vfio_pci_zdev_relaxed_align(struct pci_dev *pdev)
{
	struct zpci_dev *zdev = to_zpci(pdev);

	return zdev->relaxed_align || zdev->pft == PCI_FUNC_TYPE_ISM;
}

#endif /* VFIO_PCI_IO_ZDEV_H */
