/* SPDX-License-Identifier: GPL-2.0-only */
/* BARs of zPCI functions, reached by instructions through the function handle. */
#ifndef VFIO_PCI_IO_ZPCI_H
#define VFIO_PCI_IO_ZPCI_H

#include <linux/types.h>

#include "vfio_pci_io.h"

/**
 * DOC: zPCI
 *
 * On s390 an access to a BAR is an instruction that names the function by its handle (fh),
 * which changes when the function is enabled, disabled or reset:
 *
 * - PCILG, PCI load: 1 to 8 bytes into a register
 * - PCISTG, PCI store: 1 to 8 bytes from a register
 * - PCISTB, PCI store block: from memory, up to the function's maximum store block size
 *   (maxstbl)
 *
 * A strict function requires that offset, length and source of a store block are
 * multiples of 8. One with relaxed alignment (relaxed_align) takes any length at any
 * offset. ISM functions have relaxed alignment; that they have no PCISTG is a separate
 * property. Every function with relaxed alignment takes a PCISTB of any length.
 *
 * The instructions that take an address instead of a handle (MIO) are not used: some
 * functions have no such address, and the handle reaches all functions.
 */

/**
 * struct vfio_pci_zpci_insn - the three instructions
 *
 * The kernel's, or those of a test. Each call is one instruction of @len bytes with the
 * current function handle, which a reset changes.
 *
 * They return 0, -EIO for a condition code that reports failure or -ENXIO for a program
 * check. They retry while the function is busy. Like all accessors, they do not sleep.
 */
struct vfio_pci_zpci_insn {
	/** @load: PCILG; the value is in the low bytes of @data. */
	int (*load)(const struct vfio_pci_io *io, u64 *data, u64 off, u32 len);

	/** @store: PCISTG of the low bytes of @data. */
	int (*store)(const struct vfio_pci_io *io, u64 data, u64 off, u32 len);

	/** @store_block: PCISTB; @data has any alignment that the function takes. */
	int (*store_block)(const struct vfio_pci_io *io, const void *data, u64 off, u32 len);
};

/* A table of accessors that use the instructions. */
struct vfio_pci_zpci_ops {
	struct vfio_pci_io_ops io;
	const struct vfio_pci_zpci_insn *insn;
};

extern const struct vfio_pci_zpci_insn vfio_pci_zpci_insn;
extern const struct vfio_pci_zpci_ops vfio_pci_zpci_strict_ops;
extern const struct vfio_pci_zpci_ops vfio_pci_zpci_relaxed_align_ops;

/* The request operand, as ZPCI_CREATE_REQ() makes it, which only s390 has. */
static inline u64 vfio_pci_zpci_req(u32 fh, u32 space, u32 len)
{
	return (u64)fh << 32 | (space << 16 | len);
}

#endif /* VFIO_PCI_IO_ZPCI_H */
