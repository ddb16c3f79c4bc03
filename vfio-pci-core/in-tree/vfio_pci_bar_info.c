// SPDX-License-Identifier: GPL-2.0-only
/*
 * What VFIO_DEVICE_GET_REGION_INFO says of the accesses of a BAR.
 */

#include <linux/build_bug.h>
#include <linux/vfio.h>
#include <linux/vfio_pci_core.h>

#include "vfio_pci_bar.h"
#include "vfio_pci_bar_info.h"
#include "vfio_pci_io.h"

static_assert((int)VFIO_PCI_IO_NATURAL == VFIO_REGION_ACCESS_NATURAL);
static_assert((int)VFIO_PCI_IO_BLOCK == VFIO_REGION_ACCESS_BLOCK);
static_assert((int)VFIO_PCI_IO_ANY == VFIO_REGION_ACCESS_ANY);

/* Without anything wider than 8 bytes, a block is just what is natural. */
static u32 vfio_pci_bar_info_align(enum vfio_pci_io_align align, u32 max)
{
	return align == VFIO_PCI_IO_BLOCK && max <= 8 ? VFIO_PCI_IO_NATURAL : align;
}

/* What is naturally aligned crosses no multiple of the widest there is. */
static u32 vfio_pci_bar_info_boundary(u32 align, u32 max, u32 boundary)
{
	return align == VFIO_PCI_IO_NATURAL ? max : boundary;
}

static void vfio_pci_bar_info_read(const struct vfio_pci_io *io,
				   struct vfio_region_info_cap_access_width *cap)
{
	cap->max_read = vfio_pci_io_max_width(io, false);
	cap->read_align = vfio_pci_bar_info_align(io->ops->read_align, cap->max_read);
	cap->read_boundary = vfio_pci_bar_info_boundary(cap->read_align, cap->max_read,
							io->ops->read_boundary);
}

static void vfio_pci_bar_info_write(const struct vfio_pci_io *io,
				    struct vfio_region_info_cap_access_width *cap)
{
	cap->max_write = vfio_pci_io_max_width(io, true);
	cap->write_align = vfio_pci_bar_info_align(io->ops->write_align, cap->max_write);
	cap->write_boundary = vfio_pci_bar_info_boundary(cap->write_align, cap->max_write,
							 io->ops->write_boundary);
}

/**
 * vfio_pci_bar_add_capability() - Say which requests on a region are one access
 * @vdev: the device
 * @info: of the region, filled in
 * @caps: the capability is added to these
 *
 * Regions that are no BAR and no ROM, and those that the device does not have, get
 * none. What is said stays true until the device is closed.
 *
 * Context: process context. Sleeps.
 * Return: 0, or -ENOMEM.
 */
int vfio_pci_bar_add_capability(struct vfio_pci_core_device *vdev,
				const struct vfio_region_info *info,
				struct vfio_info_cap *caps)
{
	struct vfio_region_info_cap_access_width cap = {
		.header.id = VFIO_REGION_INFO_CAP_ACCESS_WIDTH,
		.header.version = 1,
	};
	struct vfio_pci_bar bar;

	if (info->index > VFIO_PCI_ROM_REGION_INDEX || !info->size)
		return 0;

	/* A BAR that cannot be reached now has its widths all the same. */
	vfio_pci_bar_init(&bar, vdev, info->index);
	vfio_pci_bar_info_read(&bar.io, &cap);
	if (info->flags & VFIO_REGION_INFO_FLAG_WRITE)
		vfio_pci_bar_info_write(&bar.io, &cap);

	return vfio_info_add_capability(caps, &cap.header, sizeof(cap));
}
