// SPDX-License-Identifier: GPL-2.0-only
/* Writes of a predefined value to a BAR, as ioeventfds do. */

#include <linux/kconfig.h>
#include <linux/string.h>
#include <linux/vfio_pci_core.h>

#include "vfio_pci_bar_value.h"
#include "vfio_pci_io.h"

/**
 * vfio_pci_bar_value_init() - Prepare writes of a value to a BAR
 * @value: the structure to fill, valid until the device is closed
 * @vdev: the device, opened
 * @index: BAR index
 * @off: offset inside the BAR
 * @val: the value
 * @width: its width, 1, 2, 4 or 8 bytes, which lie within the BAR
 *
 * Context: process context. May sleep.
 * Return: 0, or as vfio_pci_bar_map() if the BAR cannot be reached.
 */
int vfio_pci_bar_value_init(struct vfio_pci_bar_value *value,
			    struct vfio_pci_core_device *vdev, unsigned int index,
			    u64 off, u64 val, u32 width)
{
	int ret;

	vfio_pci_bar_init(&value->bar, vdev, index);
	/* A driver with its own write() may have its regions at other positions. */
	if (!value->bar.io.ops->mapped && vdev->vdev.ops->write != vfio_pci_core_write)
		return -ENODEV;
	ret = vfio_pci_bar_map(&value->bar);
	if (ret)
		return ret;

	value->off = off;
	value->width = width;
	value->run = vfio_pci_io_plan(&value->bar.io, off, width, true);
	if (value->run.width * value->run.nr != width ||
	    vfio_pci_io_meets_hole(&value->bar.io, off, width))
		value->run.nr = 0;

	/* On big endian, the bytes to write are the last ones of a u64. */
	if (IS_ENABLED(CONFIG_CPU_BIG_ENDIAN))
		val <<= 8 * (sizeof(val) - width);
	memcpy(value->bytes + off % sizeof(val), &val, width);

	return 0;
}
