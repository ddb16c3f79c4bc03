/* SPDX-License-Identifier: GPL-2.0-only */
/* The tracepoint of accesses to BARs. */

#undef TRACE_SYSTEM
#define TRACE_SYSTEM vfio_pci

#if !defined(VFIO_PCI_IO_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define VFIO_PCI_IO_TRACE_H

#include <linux/pci.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

#include "vfio_pci_io.h"

/* Fits "ffffffff:ff:1f.7", the longest name a function can have. */
#define VFIO_PCI_IO_TRACE_NAME	20

/*
 * One access was done, or failed with @error. The events of one request have the order
 * of its accesses; those of a run follow its last access.
 */
TRACE_EVENT(vfio_pci_bar_access,
	    TP_PROTO(const struct vfio_pci_io *io, u64 off, u32 width, bool write, int error),
	    TP_ARGS(io, off, width, write, error),

	    TP_STRUCT__entry(__array(char, device, VFIO_PCI_IO_TRACE_NAME)
			     __field(u64, offset)
			     __field(int, bar)
			     __field(u32, width)
			     __field(bool, write)
			     __field(int, error)),

	    TP_fast_assign(strscpy(__entry->device, io->pdev ? pci_name(io->pdev) : "",
				   VFIO_PCI_IO_TRACE_NAME);
			   __entry->offset = off;
			   __entry->bar = io->bar;
			   __entry->width = width;
			   __entry->write = write;
			   __entry->error = error;),

	    TP_printk("%s bar=%d offset=0x%llx width=%u %s error=%d", __entry->device,
		      __entry->bar, __entry->offset, __entry->width,
		      __entry->write ? "write" : "read", __entry->error)
);

#endif /* VFIO_PCI_IO_TRACE_H */

/* This directory is in the include path of the file with CREATE_TRACE_POINTS. */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE vfio_pci_io_trace

#include <trace/define_trace.h>
