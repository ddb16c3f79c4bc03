/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Limits of the access width that people set: for all devices, or by device ID.
 */
#ifndef VFIO_PCI_IO_CAP_H
#define VFIO_PCI_IO_CAP_H

#include <linux/compiler.h>
#include <linux/types.h>

struct pci_dev;

extern bool vfio_pci_io_capped;

u32 vfio_pci_io_look_up_cap(struct pci_dev *pdev);

/**
 * vfio_pci_io_cap() - The width that people limit a function's BARs to
 * @pdev: the function
 *
 * Hardly anybody sets one, so that is asked first.
 *
 * Context: any.
 * Return: as vfio_pci_io_look_up_cap().
 */
static inline u32 vfio_pci_io_cap(struct pci_dev *pdev)
{
	return unlikely(READ_ONCE(vfio_pci_io_capped)) ? vfio_pci_io_look_up_cap(pdev) : 0;
}

#endif /* VFIO_PCI_IO_CAP_H */
