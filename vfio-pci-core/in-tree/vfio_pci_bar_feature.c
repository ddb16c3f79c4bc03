// SPDX-License-Identifier: GPL-2.0-only
/* VFIO_DEVICE_FEATURE_REGION_ACCESS: which requests on a BAR are one access. */

#include <linux/build_bug.h>
#include <linux/nospec.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>
#include <linux/vfio_pci_core.h>

#include "vfio_pci_priv.h"

static_assert((int)VFIO_PCI_IO_NATURAL == VFIO_REGION_ACCESS_NATURAL);
static_assert((int)VFIO_PCI_IO_BLOCK == VFIO_REGION_ACCESS_BLOCK);
static_assert((int)VFIO_PCI_IO_ANY == VFIO_REGION_ACCESS_ANY);

static struct vfio_region_access
vfio_pci_bar_feature_of(const struct vfio_pci_io *io, bool write)
{
	struct vfio_region_access access = {
		.max_width = vfio_pci_io_max_width(io, write),
		.align = vfio_pci_io_align_of(io, write),
		.boundary = write ? io->ops->write_boundary : io->ops->read_boundary,
	};

	/* With a limit of 8 or less there is no block, only natural accesses. */
	if (access.align == VFIO_REGION_ACCESS_BLOCK && access.max_width <= 8)
		access.align = VFIO_REGION_ACCESS_NATURAL;
	if (access.align == VFIO_REGION_ACCESS_NATURAL)
		access.boundary = access.max_width;

	return access;
}

/**
 * vfio_pci_core_feature_region_access() - Serve VFIO_DEVICE_FEATURE_REGION_ACCESS
 * @device: the device, opened
 * @flags: flags of the ioctl
 * @arg: the user's struct vfio_device_feature_region_access
 * @argsz: its size in bytes
 *
 * Context: process context. Sleeps.
 * Return: 0, -ENOTTY, -EINVAL or -EFAULT, as in include/uapi/linux/vfio.h.
 */
int vfio_pci_core_feature_region_access(struct vfio_device *device, u32 flags,
					void __user *arg, size_t argsz)
{
	struct vfio_pci_core_device *vdev =
		container_of(device, struct vfio_pci_core_device, vdev);
	struct vfio_device_feature_region_access feature;
	struct vfio_pci_bar bar;
	u32 index;
	int ret;

	/* The core does not know the accesses of a driver's own read() or write(). */
	if (device->ops->read != vfio_pci_core_read || device->ops->write != vfio_pci_core_write)
		return -ENOTTY;
	ret = vfio_check_feature(flags, argsz, VFIO_DEVICE_FEATURE_GET, sizeof(feature));
	if (ret != 1)
		return ret;
	if (copy_from_user(&feature, arg, sizeof(feature)))
		return -EFAULT;
	if (feature.flags)
		return -EINVAL;
	if (feature.index > VFIO_PCI_ROM_REGION_INDEX)
		return -ENOTTY;

	index = array_index_nospec(feature.index, VFIO_PCI_ROM_REGION_INDEX + 1);
	vfio_pci_bar_init(&bar, vdev, index);
	if (!bar.size)
		return -ENOTTY;

	feature.read = vfio_pci_bar_feature_of(&bar.io, false);
	memset(&feature.write, 0, sizeof(feature.write));
	if (index != VFIO_PCI_ROM_REGION_INDEX)
		feature.write = vfio_pci_bar_feature_of(&bar.io, true);
	feature.hole_offset = bar.io.hole_start;
	feature.hole_size = bar.io.hole_size;

	return copy_to_user(arg, &feature, sizeof(feature)) ? -EFAULT : 0;
}
