// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accesses to maps that need not be BARs: the legacy VGA ranges and the maps of
 * variant drivers.
 */

#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/vfio_pci_core.h>

#include "vfio_pci_bar.h"
#include "vfio_pci_io.h"
#include "vfio_pci_vdev.h"

static void vfio_pci_io_map_init(struct vfio_pci_bar *map, struct vfio_pci_core_device *vdev,
				 void __iomem *io, bool test_mem)
{
	*map = (struct vfio_pci_bar) {
		.vdev = vdev,
		.mem = test_mem,
		.io = {
			.ops = &vfio_pci_io_iomem_ops,
			.base = io,
			.pdev = vdev->pdev,
			.bar = VFIO_PCI_IO_NO_BAR,
		},
	};
}

/**
 * vfio_pci_core_do_io_rw() - Carry a user's request on a map
 * @vdev: the device
 * @test_mem: take memory_lock for reading and check memory decode; if false, neither
 * @io: the map
 * @buf: the user's buffer
 * @off: offset inside the map
 * @count: bytes; @off + @count lies within the map
 * @x_start: first byte of the hole
 * @x_end: first byte after the hole; there is none if this is not above @x_start
 * @iswrite: direction
 * @max_width: widest access allowed; at most 4 for a map of I/O ports
 *
 * Does what vfio_pci_bar_rw() does on a BAR. bar_max_width= applies too.
 *
 * Context: process context. Sleeps.
 * Return: as vfio_pci_bar_rw().
 */
ssize_t vfio_pci_core_do_io_rw(struct vfio_pci_core_device *vdev, bool test_mem,
			       void __iomem *io, char __user *buf,
			       loff_t off, size_t count, size_t x_start,
			       size_t x_end, bool iswrite,
			       enum vfio_pci_io_width max_width)
{
	struct vfio_pci_bar map;

	if (!count)
		return 0;

	vfio_pci_io_map_init(&map, vdev, io, test_mem);
	map.io.max_width = min_not_zero(vfio_pci_core_bar_max_width(vdev), (u32)max_width);
	if (x_start < x_end) {
		map.io.hole_start = x_start;
		map.io.hole_size = x_end - x_start;
	}

	return vfio_pci_bar_user_rw(&map, buf, off, count, iswrite);
}
EXPORT_SYMBOL_GPL(vfio_pci_core_do_io_rw);

/* One access of the width that the caller chose. @val has the map's byte order. */
static int vfio_pci_io_map_access(struct vfio_pci_core_device *vdev, bool test_mem,
				  void __iomem *io, void *val, size_t width, bool write)
{
	struct vfio_pci_bar map;
	ssize_t ret;

	vfio_pci_io_map_init(&map, vdev, io, test_mem);
	ret = vfio_pci_bar_access(&map, 0, val, width, write);

	return ret < 0 ? ret : 0;
}

/**
 * vfio_pci_core_iowrite16() - One 2-byte write to a map
 * @vdev: the device
 * @test_mem: as for vfio_pci_core_do_io_rw()
 * @val: the value in the map's byte order, as the user passed it
 * @io: address in the map, a multiple of 2
 *
 * Context: process context if @test_mem, else any.
 * Return: 0, or -EIO without any access if memory decode is off.
 */
int vfio_pci_core_iowrite16(struct vfio_pci_core_device *vdev, bool test_mem, u16 val,
			    void __iomem *io)
{
	return vfio_pci_io_map_access(vdev, test_mem, io, &val, sizeof(val), true);
}
EXPORT_SYMBOL_GPL(vfio_pci_core_iowrite16);

/* Like vfio_pci_core_iowrite16(), for a read. */
int vfio_pci_core_ioread16(struct vfio_pci_core_device *vdev, bool test_mem, u16 *val,
			   void __iomem *io)
{
	return vfio_pci_io_map_access(vdev, test_mem, io, val, sizeof(*val), false);
}
EXPORT_SYMBOL_GPL(vfio_pci_core_ioread16);
