/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The call of a table's accessor: in a header, so that a request which is one access is
 * one function from the bounds to this call.
 */
#ifndef VFIO_PCI_IO_RUN_H
#define VFIO_PCI_IO_RUN_H

#include <linux/tracepoint-defs.h>

#include "vfio_pci_io.h"
#include "vfio_pci_io_iomem.h"

DECLARE_TRACEPOINT(vfio_pci_bar_access);

void vfio_pci_io_trace_run(const struct vfio_pci_io *io, u64 off, struct vfio_pci_io_run run,
			   bool write, ssize_t ret);

static __always_inline ssize_t
vfio_pci_io_call(const struct vfio_pci_io *io, u64 off, void *buf,
		 struct vfio_pci_io_run run, bool write)
{
	if (write)
		return io->ops->write(io, off, buf, run.width, run.nr);

	return io->ops->read(io, off, buf, run.width, run.nr);
}

/**
 * vfio_pci_io_do_run() - Do the accesses that have been planned
 * @io: the BAR
 * @off: offset inside the BAR
 * @buf: kernel buffer, as vfio_pci_io_rw() wants it
 * @run: the accesses
 * @write: direction
 *
 * Context: as vfio_pci_io_rw().
 * Return: as the table's accessor.
 */
static __always_inline ssize_t
vfio_pci_io_do_run(const struct vfio_pci_io *io, u64 off, void *buf,
		   struct vfio_pci_io_run run, bool write)
{
	ssize_t ret = vfio_pci_io_call(io, off, buf, run, write);

	if (tracepoint_enabled(vfio_pci_bar_access))
		vfio_pci_io_trace_run(io, off, run, write, ret);

	return ret;
}

/**
 * vfio_pci_io_do_single() - Do one access of a width that the compiler knows
 * @io: the BAR
 * @off: offset inside the BAR
 * @buf: kernel buffer, as vfio_pci_io_rw() wants it
 * @width: bytes, constant
 * @write: direction
 *
 * Does what vfio_pci_io_do_run() does for a run of one, without a call if the BAR is mapped
 * memory.
 *
 * Context: as vfio_pci_io_rw().
 * Return: as the table's accessor.
 */
static __always_inline ssize_t
vfio_pci_io_do_single(const struct vfio_pci_io *io, u64 off, void *buf, u32 width, bool write)
{
	struct vfio_pci_io_run run = { .width = width, .nr = 1 };
	ssize_t ret;

	if (io->ops != &vfio_pci_io_iomem_ops)
		ret = vfio_pci_io_call(io, off, buf, run, write);
	else if (write)
		ret = vfio_pci_iomem_write(io, off, buf, width, 1);
	else
		ret = vfio_pci_iomem_read(io, off, buf, width, 1);

	if (tracepoint_enabled(vfio_pci_bar_access))
		vfio_pci_io_trace_run(io, off, run, write, ret);

	return ret;
}

#endif /* VFIO_PCI_IO_RUN_H */
