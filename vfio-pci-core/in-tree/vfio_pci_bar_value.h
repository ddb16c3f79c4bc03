/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes of a predefined value to a BAR, as ioeventfds do. */
#ifndef VFIO_PCI_BAR_VALUE_H
#define VFIO_PCI_BAR_VALUE_H

#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/types.h>

#include "vfio_pci_bar.h"

/**
 * struct vfio_pci_bar_value - a value and its place in a BAR
 * @bar: the BAR, mapped
 * @off: offset inside the BAR
 * @width: bytes of the value
 * @run: the accesses, planned once; nr is 0 if they are several runs or meet the hole
 * @bytes: the bytes that a pwrite() of the value carries, from index @off modulo 8 on
 */
struct vfio_pci_bar_value {
	struct vfio_pci_bar bar;
	u64 off;
	u32 width;
	struct vfio_pci_io_run run;
	u8 bytes[2 * sizeof(u64)] __aligned(2 * sizeof(u64));
};

int vfio_pci_bar_value_init(struct vfio_pci_bar_value *value,
			    struct vfio_pci_core_device *vdev, unsigned int index,
			    u64 off, u64 val, u32 width);

/*
 * Write a value to its BAR. With @test_mem, check memory decode under memory_lock, which
 * needs process context. Without it, the caller has done so, or decode does not gate
 * the BAR.
 * Returns 0 or a negative errno.
 */
static inline int vfio_pci_bar_value_write(const struct vfio_pci_bar_value *value,
					   bool test_mem)
{
	const struct vfio_pci_io *io = &value->bar.io;
	/* Not const, as the functions below serve both directions. */
	void *bytes = (void *)value->bytes + value->off % sizeof(u64);
	ssize_t ret;

	if (test_mem)
		ret = vfio_pci_bar_access(&value->bar, value->off, bytes, value->width, true);
	else if (likely(value->run.nr))
		ret = vfio_pci_io_do_run(io, value->off, bytes, value->run, true);
	else
		ret = vfio_pci_io_rw(io, value->off, bytes, value->width, true);
	if (likely(ret == value->width))
		return 0;

	return ret < 0 ? ret : -EIO;
}

#endif /* VFIO_PCI_BAR_VALUE_H */
