/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Limits of the access width that people set: for all devices, or by device ID.
 */
#ifndef VFIO_PCI_IO_CAP_H
#define VFIO_PCI_IO_CAP_H

#include <linux/types.h>

struct pci_dev;

u32 vfio_pci_io_cap(struct pci_dev *pdev);

#endif /* VFIO_PCI_IO_CAP_H */
