// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's zPCI instructions, and the choice of the table for a function.
 */

#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/minmax.h>
#include <linux/pci.h>

#include <asm/pci_insn.h>
#include <asm/pci_io.h>

#include "vfio_pci_io_zdev.h"
#include "vfio_pci_io_zpci.h"

/* vfio_pci_zpci_req() makes the same operand. */
static_assert(ZPCI_CREATE_REQ(0x12345678ULL, 5, 4096) ==
	      (0x12345678ULL << 32 | 5 << 16 | 4096));

static u64 zpci_insn_req(const struct vfio_pci_io *io, u32 len)
{
	return vfio_pci_zpci_req(READ_ONCE(to_zpci(io->pdev)->fh), io->bar, len);
}

static int zpci_insn_load(const struct vfio_pci_io *io, u64 *data, u64 off, u32 len)
{
	return __zpci_load(data, zpci_insn_req(io, len), off);
}

static int zpci_insn_store(const struct vfio_pci_io *io, u64 data, u64 off, u32 len)
{
	return __zpci_store(data, zpci_insn_req(io, len), off);
}

static int zpci_insn_store_block(const struct vfio_pci_io *io, const void *data, u64 off,
				 u32 len)
{
	return __zpci_store_block(data, zpci_insn_req(io, len), off);
}

const struct vfio_pci_zpci_insn vfio_pci_zpci_insn = {
	.load = zpci_insn_load,
	.store = zpci_insn_store,
	.store_block = zpci_insn_store_block,
};

/**
 * vfio_pci_io_zpci_limit() - Get the widest access that a zPCI function takes
 * @pdev: the function
 *
 * Context: any.
 * Return: the group's maxstbl in bytes, at least 8. Without store blocks, maxstbl is 0.
 */
u32 vfio_pci_io_zpci_limit(struct pci_dev *pdev)
{
	return max_t(u32, to_zpci(pdev)->maxstbl, 8);
}

/**
 * vfio_pci_io_zpci_ops() - Choose the table for the BARs of a zPCI function
 * @pdev: the function
 *
 * Context: any.
 * Return: the table.
 */
const struct vfio_pci_io_ops *vfio_pci_io_zpci_ops(struct pci_dev *pdev)
{
	if (vfio_pci_zdev_relaxed_align(pdev))
		return &vfio_pci_zpci_relaxed_align_ops.io;

	return &vfio_pci_zpci_strict_ops.io;
}
