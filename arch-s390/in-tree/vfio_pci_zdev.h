/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the BAR region path has to know of a zPCI function.
 */
#ifndef VFIO_PCI_ZDEV_H
#define VFIO_PCI_ZDEV_H

#include <linux/pci.h>

/**
 * vfio_pci_zdev_relaxed_align() - May a function's block stores begin anywhere?
 * @pdev: the function
 *
 * Context: any.
 * Return: true if they may; then it knows no PCISTG.
 */
static inline bool vfio_pci_zdev_relaxed_align(struct pci_dev *pdev)
{
	return to_zpci(pdev)->relaxed_align;
}

#endif /* VFIO_PCI_ZDEV_H */
