/* SPDX-License-Identifier: GPL-2.0-only */
/* The BAR region path's state in a vfio_pci_core_device. */
#ifndef VFIO_PCI_VDEV_H
#define VFIO_PCI_VDEV_H

#include <linux/atomic.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/vfio_pci_core.h>

#include "vfio_pci_io.h"

/*
 * Latch the table and the limit when the device is opened, so that the widths do not
 * change under a user.
 * The limit is the lower of the function's own and the administrator's.
 */
static inline void vfio_pci_core_bar_open(struct vfio_pci_core_device *vdev)
{
	vdev->bar_ops = vfio_pci_io_platform_ops(vdev->pdev);
	vdev->bar_max_width = min_not_zero(vfio_pci_io_width_limit(vdev->pdev),
					   vfio_pci_io_platform_limit(vdev->pdev));
}

static inline void vfio_pci_core_bar_close(struct vfio_pci_core_device *vdev)
{
	kfree(vdev->bar_bounce);
	vdev->bar_bounce = NULL;
}

/*
 * Get a bounce buffer of 4 KiB, naturally aligned, or NULL if there is no memory. The
 * device keeps one, so that only its first and concurrent requests allocate.
 */
static inline void *vfio_pci_core_get_bounce(struct vfio_pci_core_device *vdev)
{
	return xchg(&vdev->bar_bounce, NULL) ?: kmalloc(SZ_4K, GFP_KERNEL_ACCOUNT);
}

static inline void vfio_pci_core_put_bounce(struct vfio_pci_core_device *vdev, void *bounce)
{
	if (cmpxchg(&vdev->bar_bounce, NULL, bounce))
		kfree(bounce);
}

/* The table for the memory BARs of an open device. */
static inline const struct vfio_pci_io_ops *
vfio_pci_core_bar_ops(struct vfio_pci_core_device *vdev)
{
	return vdev->bar_ops;
}

/* The access width limit of an open device, 0 for none. */
static inline u32 vfio_pci_core_bar_max_width(struct vfio_pci_core_device *vdev)
{
	return vdev->bar_max_width;
}

#endif /* VFIO_PCI_VDEV_H */
