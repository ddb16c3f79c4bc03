/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the BAR region path keeps in a vfio_pci_core_device.
 */
#ifndef VFIO_PCI_VDEV_H
#define VFIO_PCI_VDEV_H

#include <linux/atomic.h>
#include <linux/minmax.h>
#include <linux/mutex.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/vfio_pci_core.h>

#include "vfio_pci_io.h"
#include "vfio_pci_io_limit.h"

/**
 * vfio_pci_core_bar_init() - Set up what the BAR region path needs
 * @vdev: the device, with its pdev set
 *
 * Context: device initialisation; nobody else has the device yet.
 */
static inline void vfio_pci_core_bar_init(struct vfio_pci_core_device *vdev)
{
	mutex_init(&vdev->rom_lock);
	vdev->bar_ops = vfio_pci_io_platform_ops(vdev->pdev);
}

/**
 * vfio_pci_core_bar_open() - Latch the access width limit
 * @vdev: the device
 *
 * The lesser of the function's own and the administrator's. As with the other parameters
 * of vfio-pci, what the user is told stays true until the device is closed.
 *
 * Context: the device is being opened.
 */
static inline void vfio_pci_core_bar_open(struct vfio_pci_core_device *vdev)
{
	vdev->bar_max_width = min_not_zero(vfio_pci_io_width_limit(vdev->pdev),
					   vfio_pci_io_platform_limit(vdev->pdev));
}

/**
 * vfio_pci_core_bar_close() - Free what requests left behind
 * @vdev: the device
 *
 * Context: the device is being closed; no request is under way.
 */
static inline void vfio_pci_core_bar_close(struct vfio_pci_core_device *vdev)
{
	kfree(vdev->bar_bounce);
	vdev->bar_bounce = NULL;
}

/**
 * vfio_pci_core_get_bounce() - Get a bounce buffer
 * @vdev: the device, opened
 *
 * The device keeps the buffer of the last request, so that only the first request, and
 * those that run at the same time, allocate one.
 *
 * Context: process context. May sleep.
 * Return: 4 KiB, naturally aligned, with whatever an earlier request left in them; NULL
 * if there is no memory.
 */
static inline void *vfio_pci_core_get_bounce(struct vfio_pci_core_device *vdev)
{
	return xchg(&vdev->bar_bounce, NULL) ?: kmalloc(SZ_4K, GFP_KERNEL_ACCOUNT);
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
	if (cmpxchg(&vdev->bar_bounce, NULL, bounce))
		kfree(bounce);
}

/**
 * vfio_pci_core_bar_release() - Undo vfio_pci_core_bar_init()
 * @vdev: the device
 *
 * Context: the device's release.
 */
static inline void vfio_pci_core_bar_release(struct vfio_pci_core_device *vdev)
{
	mutex_destroy(&vdev->rom_lock);
}

/**
 * vfio_pci_core_bar_ops() - The table for a device's memory BARs
 * @vdev: the device
 *
 * Context: any.
 * Return: the table.
 */
static inline const struct vfio_pci_io_ops *
vfio_pci_core_bar_ops(struct vfio_pci_core_device *vdev)
{
	return vdev->bar_ops;
}

/**
 * vfio_pci_core_bar_max_width() - The access width limit of a device
 * @vdev: the device, opened
 *
 * Context: any.
 * Return: bytes, or 0 if there is no limit.
 */
static inline u32 vfio_pci_core_bar_max_width(struct vfio_pci_core_device *vdev)
{
	return vdev->bar_max_width;
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
