/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes to a BAR whose value is known beforehand: those of ioeventfds. */
#ifndef VFIO_PCI_BAR_VALUE_H
#define VFIO_PCI_BAR_VALUE_H

#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/types.h>

#include "vfio_pci_bar.h"

/**
 * struct vfio_pci_bar_value - a number, and where in a BAR it goes
 * @bar: the BAR, mapped
 * @off: offset inside the BAR
 * @width: bytes of the number
 * @run: the accesses, planned once; its nr is 0 if they take more than one run
 * @bytes: the number as the user has it in memory, from @off modulo 8 on
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
 * Writes a number to a BAR. Without @test_mem, which is for process context, the caller has
 * checked memory decode under memory_lock, or it does not gate the BAR. Returns 0 or -errno.
 */
static inline int vfio_pci_bar_value_write(const struct vfio_pci_bar_value *value,
					   bool test_mem)
{
	const struct vfio_pci_io *io = &value->bar.io;
	/* Not const for the accessors' sake, which serve both directions. */
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
