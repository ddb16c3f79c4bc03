/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the BAR region path has to know of a zPCI function.
 */
#ifndef VFIO_PCI_IO_ZDEV_H
#define VFIO_PCI_IO_ZDEV_H

#include <linux/pci.h>

#include <asm/pci_clp.h>

/**
 * vfio_pci_zdev_relaxed_align() - May a function's block stores begin anywhere?
 * @pdev: the function
 *
 * Its group says so. Those of ISM functions do, but in a guest the group is made up
 * by the VMM from what VFIO tells it, which does not have that flag; the function's
 * type is passed on as it is.
 *
 * Context: any.
 * Return: true if they may.
 */
static inline bool vfio_pci_zdev_relaxed_align(struct pci_dev *pdev)
{
	struct zpci_dev *zdev = to_zpci(pdev);

	return zdev->relaxed_align || zdev->pft == PCI_FUNC_TYPE_ISM;
}

#endif /* VFIO_PCI_IO_ZDEV_H */
