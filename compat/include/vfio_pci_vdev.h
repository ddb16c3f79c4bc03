/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stands in for the BAR region path's state in a vfio_pci_core_device, which has no room
 * for it on an unmodified kernel.
 */
#ifndef COMPAT_VFIO_PCI_VDEV_H
#define COMPAT_VFIO_PCI_VDEV_H

#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/vfio_pci_core.h>

#include "vfio_pci_io.h"

struct module;

int compat_vfio_pci_check_origin(const struct module *mod);

/**
 * vfio_pci_core_bar_ops() - Get the table for a device's memory BARs
 * @vdev: the device
 *
 * Context: any.
 * Return: the table.
 */
static inline const struct vfio_pci_io_ops *
vfio_pci_core_bar_ops(struct vfio_pci_core_device *vdev)
{
	return vfio_pci_io_platform_ops(vdev->pdev);
}

/**
 * vfio_pci_core_bar_max_width() - Get the access width limit of a device
 * @vdev: the device, opened
 *
 * The limit is the lower of the function's own and the administrator's. Each request
 * looks it up, as there is no place to latch it.
 *
 * Context: process context.
 * Return: bytes, or 0 if there is no limit.
 */
static inline u32 vfio_pci_core_bar_max_width(struct vfio_pci_core_device *vdev)
{
	return min_not_zero(vfio_pci_io_width_limit(vdev->pdev),
			    vfio_pci_io_platform_limit(vdev->pdev));
}

/**
 * vfio_pci_core_get_bounce() - Get a bounce buffer
 * @vdev: the device, opened
 *
 * Each request allocates one, as there is no place to keep it.
 *
 * Context: process context. May sleep.
 * Return: 4 KiB, naturally aligned, or NULL if there is no memory.
 */
static inline void *vfio_pci_core_get_bounce(struct vfio_pci_core_device *vdev)
{
	return kmalloc(SZ_4K, GFP_KERNEL);
}

/**
 * vfio_pci_core_put_bounce() - Give a bounce buffer back
 * @vdev: the device, opened
 * @bounce: from vfio_pci_core_get_bounce()
 *
 * Context: process context.
 */
static inline void vfio_pci_core_put_bounce(struct vfio_pci_core_device *vdev, void *bounce)
{
	kfree(bounce);
}

#endif /* COMPAT_VFIO_PCI_VDEV_H */
