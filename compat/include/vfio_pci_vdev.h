/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For a module that is built against a kernel's headers: what the BAR region path
 * would keep in a vfio_pci_core_device, which has no room for it there.
 */
#ifndef COMPAT_VFIO_PCI_VDEV_H
#define COMPAT_VFIO_PCI_VDEV_H

#include <linux/vfio_pci_core.h>

#include "vfio_pci_io.h"

struct mutex;

struct mutex *compat_vfio_pci_rom_lock(struct vfio_pci_core_device *vdev);
void compat_vfio_pci_exit(void);

/**
 * vfio_pci_core_io_ops() - The table by which a device's memory BARs are reached
 * @vdev: the device, opened
 *
 * No driver can choose another one than the platform's here.
 *
 * Context: any.
 * Return: the table.
 */
static inline const struct vfio_pci_io_ops *
vfio_pci_core_io_ops(struct vfio_pci_core_device *vdev)
{
	return vfio_pci_io_platform_ops(vdev->pdev);
}

#define vfio_pci_core_rom_lock compat_vfio_pci_rom_lock

#endif /* COMPAT_VFIO_PCI_VDEV_H */
