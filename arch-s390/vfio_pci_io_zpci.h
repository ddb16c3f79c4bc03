/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * BARs of zPCI functions, reached by instructions through the function handle.
 */
#ifndef VFIO_PCI_IO_ZPCI_H
#define VFIO_PCI_IO_ZPCI_H

#include <linux/types.h>

#include "vfio_pci_io.h"

/**
 * DOC: zPCI
 *
 * On s390 an access to a BAR is an instruction:
 *
 * PCILG
 *	PCI load: 1 to 8 bytes into a register.
 *
 * PCISTG
 *	PCI store: 1 to 8 bytes from a register.
 *
 * PCISTB
 *	PCI store block: from memory, up to the function's maximum store block size
 *	(maxstbl).
 *
 * fh
 *	The handle by which these name a function. It changes when the function is
 *	enabled, disabled or reset.
 *
 * strict, relaxed_align
 *	How a function wants its blocks. Strict: doublewords at doublewords, from
 *	doublewords. relaxed_align: any bytes at any offset, and then PCISTG is not
 *	allowed at all. ISM functions are of this kind.
 *
 * There are also forms of them that take an address instead of a handle (MIO). They
 * are not used here: some functions have no such addresses, and the handle reaches
 * all of them.
 */

/**
 * struct vfio_pci_zpci_insn - the three instructions, and what they need to know
 *
 * One for real, others for tests. The instructions return 0, -EIO if the function
 * did not do it (a condition code) or -ENXIO if the instruction is not one (a program
 * check). A function that is busy for a while is tried again inside of them. Like
 * all accessors they do not sleep.
 */
struct vfio_pci_zpci_insn {
	/** @load: PCILG; the value is in the low bytes of @data. */
	int (*load)(u64 *data, u64 req, u64 offset);

	/** @store: PCISTG of the low bytes of @data. */
	int (*store)(u64 data, u64 req, u64 offset);

	/** @store_block: PCISTB. @data is of a type, but not aligned by it. */
	int (*store_block)(const u64 *data, u64 req, u64 offset);

	/** @fh: the handle as it is now. */
	u32 (*fh)(const struct vfio_pci_io *io);

	/** @maxstbl: bytes of the longest block, 0 if the function has no blocks. */
	u32 (*maxstbl)(const struct vfio_pci_io *io);
};

/**
 * struct vfio_pci_zpci_ops - a table of accessors that use the instructions
 * @io: the table
 * @insn: the instructions
 */
struct vfio_pci_zpci_ops {
	struct vfio_pci_io_ops io;
	const struct vfio_pci_zpci_insn *insn;
};

extern const struct vfio_pci_zpci_insn vfio_pci_zpci_insn;
extern const struct vfio_pci_zpci_ops vfio_pci_zpci_strict_ops;
extern const struct vfio_pci_zpci_ops vfio_pci_zpci_relaxed_align_ops;

/**
 * vfio_pci_zpci_req() - What an instruction takes beside the offset
 * @fh: function handle
 * @space: address space: the BAR's index
 * @len: bytes
 *
 * Source of the format: ZPCI_CREATE_REQ() of asm/pci_io.h.
 *
 * Context: any.
 * Return: the request.
 */
static inline u64 vfio_pci_zpci_req(u32 fh, u8 space, u16 len)
{
	return (u64)fh << 32 | space << 16 | len;
}

#endif /* VFIO_PCI_IO_ZPCI_H */
