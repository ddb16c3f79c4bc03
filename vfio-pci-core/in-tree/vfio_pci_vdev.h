/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the BAR region path keeps in a vfio_pci_core_device.
 */
#ifndef VFIO_PCI_VDEV_H
#define VFIO_PCI_VDEV_H

#include <linux/mutex.h>
#include <linux/vfio_pci_core.h>

#include "vfio_pci_io.h"

/**
 * vfio_pci_core_io_init() - Set up what the BAR region path needs
 * @vdev: the device, with its pdev set
 *
 * Chooses the platform's table. A variant driver may put another one into
 * vdev->io_ops after vfio_pci_core_init_dev() and before the device is registered.
 *
 * Context: device initialisation; nobody else has the device yet.
 */
static inline void vfio_pci_core_io_init(struct vfio_pci_core_device *vdev)
{
	mutex_init(&vdev->rom_lock);
	vdev->io_ops = vfio_pci_io_platform_ops(vdev->pdev);
}

/**
 * vfio_pci_core_io_release() - Undo vfio_pci_core_io_init()
 * @vdev: the device
 *
 * Context: the device's release.
 */
static inline void vfio_pci_core_io_release(struct vfio_pci_core_device *vdev)
{
	mutex_destroy(&vdev->rom_lock);
}

/**
 * vfio_pci_core_io_ops() - The table by which a device's memory BARs are reached
 * @vdev: the device
 *
 * Context: any.
 * Return: the table.
 */
static inline const struct vfio_pci_io_ops *
vfio_pci_core_io_ops(struct vfio_pci_core_device *vdev)
{
	return vdev->io_ops;
}

/**
 * vfio_pci_core_rom_lock() - The lock of a device's ROM decode
 * @vdev: the device
 *
 * Context: any.
 * Return: the lock.
 */
static inline struct mutex *vfio_pci_core_rom_lock(struct vfio_pci_core_device *vdev)
{
	return &vdev->rom_lock;
}

#endif /* VFIO_PCI_VDEV_H */
