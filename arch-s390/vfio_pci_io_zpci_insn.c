// SPDX-License-Identifier: GPL-2.0-only
/*
 * The zPCI instructions as the kernel has them, and which table a function needs.
 */

#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/pci.h>

#include <asm/pci_insn.h>
#include <asm/pci_io.h>

#include "vfio_pci_io_zdev.h"
#include "vfio_pci_io_zpci.h"

static_assert(ZPCI_CREATE_REQ(0x12345678ULL, 5, 4096) ==
	      (0x12345678ULL << 32 | 5 << 16 | 4096));

static u32 zpci_insn_fh(const struct vfio_pci_io *io)
{
	return READ_ONCE(to_zpci(io->pdev)->fh);
}

static u32 zpci_insn_maxstbl(const struct vfio_pci_io *io)
{
	return to_zpci(io->pdev)->maxstbl;
}

const struct vfio_pci_zpci_insn vfio_pci_zpci_insn = {
	.load = __zpci_load,
	.store = __zpci_store,
	.store_block = __zpci_store_block,
	.fh = zpci_insn_fh,
	.maxstbl = zpci_insn_maxstbl,
};

/**
 * vfio_pci_io_zpci_ops() - The table by which the BARs of a zPCI function are reached
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
