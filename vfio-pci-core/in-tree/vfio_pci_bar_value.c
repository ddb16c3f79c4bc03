// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes to a BAR whose value is known beforehand: those of ioeventfds.
 */

#include <linux/errno.h>
#include <linux/string.h>
#include <linux/vfio_pci_core.h>

#include "vfio_pci_bar.h"
#include "vfio_pci_bar_value.h"
#include "vfio_pci_io.h"
#include "vfio_pci_io_cap.h"

/**
 * vfio_pci_bar_prepare() - Make a BAR ready for values to be written to it
 * @bar: to be filled in; may be used until the device is closed
 * @vdev: the device, opened
 * @index: BAR index
 *
 * Context: process context. May sleep.
 * Return: 0, or why the BAR cannot be reached (vfio_pci_bar_map()).
 */
int vfio_pci_bar_prepare(struct vfio_pci_bar *bar, struct vfio_pci_core_device *vdev,
			 unsigned int index)
{
	vfio_pci_bar_init(bar, vdev, index);

	return vfio_pci_bar_map(bar);
}

/* The bytes of @val as a user would have them in memory as a number of @width. */
static void vfio_pci_bar_value_bytes(void *bytes, u64 val, u32 width)
{
	u32 val32 = val;
	u16 val16 = val;
	u8 val8 = val;

	switch (width) {
	case 1:
		memcpy(bytes, &val8, sizeof(val8));
		break;
	case 2:
		memcpy(bytes, &val16, sizeof(val16));
		break;
	case 4:
		memcpy(bytes, &val32, sizeof(val32));
		break;
	default:
		memcpy(bytes, &val, sizeof(val));
	}
}

/* Somebody has set another limit since the BAR was prepared. */
static noinline_for_stack ssize_t
vfio_pci_bar_write_limited(const struct vfio_pci_bar *bar, u64 off, void *buf, u32 width,
			   bool test_mem, u32 max_width)
{
	struct vfio_pci_bar limited = *bar;

	limited.io.max_width = max_width;

	return vfio_pci_bar_access(&limited, off, buf, width, true, test_mem);
}

/**
 * vfio_pci_bar_write_value() - Write a number to a BAR
 * @bar: the BAR, prepared by vfio_pci_bar_prepare()
 * @off: offset inside the BAR
 * @val: the number, in the host's order
 * @width: its bytes: 1, 2, 4 or 8; they lie within the BAR
 * @test_mem: check memory decode, in a read section of memory_lock. If not, the
 *	caller has, or the BAR is not memory.
 *
 * It is one access if the platform has one of that width there and bar_max_width=
 * allows it, else ascending ones, as for a request of the user.
 *
 * Context: process context if @test_mem, else any.
 * Return: 0; -EIO without any access if memory decode is off; or the errno of the
 * platform's accessor, -EIO also if it failed midway.
 */
int vfio_pci_bar_write_value(const struct vfio_pci_bar *bar, u64 off, u64 val, u32 width,
			     bool test_mem)
{
	/* Aligned as @off is, for accessors that look at their source. */
	u8 bytes[2 * sizeof(u64)] __aligned(2 * sizeof(u64));
	u32 max_width = vfio_pci_io_cap(bar->io.pdev);
	void *buf = bytes + off % sizeof(u64);
	ssize_t ret;

	vfio_pci_bar_value_bytes(buf, val, width);
	if (unlikely(max_width != bar->io.max_width))
		ret = vfio_pci_bar_write_limited(bar, off, buf, width, test_mem, max_width);
	else
		ret = vfio_pci_bar_access(bar, off, buf, width, true, test_mem);
	if (ret < 0)
		return ret;

	return ret == width ? 0 : -EIO;
}
