// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tables for zPCI functions.
 *
 * The instructions are behind a table of their own, so that KUnit runs this file on
 * any architecture.
 */

#include <asm/byteorder.h>
#include <linux/container_of.h>
#include <linux/export.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include <kunit/visibility.h>

#include "vfio_pci_io.h"
#include "vfio_pci_io_zpci.h"

/* Bytes of a register: the most that PCILG and PCISTG carry. */
#define ZPCI_REGISTER	8

/* The longest store block, and the boundary that none crosses. */
#define ZPCI_BLOCK	SZ_4K

static const struct vfio_pci_zpci_insn *zpci_insn(const struct vfio_pci_io *io)
{
	return container_of(io->ops, struct vfio_pci_zpci_ops, io)->insn;
}

/* Constant sizes let the compiler inline the copy. */
static __always_inline void zpci_copy(void *to, const void *from, u32 width)
{
	switch (width) {
	case 8:
		memcpy(to, from, 8);
		break;
	case 4:
		memcpy(to, from, 4);
		break;
	case 2:
		memcpy(to, from, 2);
		break;
	case 1:
		memcpy(to, from, 1);
		break;
	default:
		memcpy(to, from, width);
	}
}

static ssize_t zpci_read(const struct vfio_pci_io *io, u64 off, void *buf, u32 width,
			 u32 nr)
{
	const struct vfio_pci_zpci_insn *insn = zpci_insn(io);
	ssize_t done = 0;
	u64 val;
	int ret;

	do {
		ret = insn->load(io, &val, off + done, width);
		if (ret)
			return done ?: ret;

		/* PCILG right-aligns the bytes; the last one is the least significant. */
		val <<= 8 * (ZPCI_REGISTER - width);
		cpu_to_be64s(&val);
		zpci_copy(buf + done, &val, width);
		done += width;
	} while (--nr);

	return done;
}

static ssize_t zpci_write_registers(const struct vfio_pci_io *io, u64 off, const void *buf,
				    u32 width, u32 nr)
{
	const struct vfio_pci_zpci_insn *insn = zpci_insn(io);
	ssize_t done = 0;
	u64 val;
	int ret;

	do {
		val = 0;
		zpci_copy(&val, buf + done, width);
		be64_to_cpus(&val);
		val >>= 8 * (ZPCI_REGISTER - width);
		ret = insn->store(io, val, off + done, width);
		if (ret)
			return done ?: ret;
		done += width;
	} while (--nr);

	return done;
}

static ssize_t zpci_write_blocks(const struct vfio_pci_io *io, u64 off, const void *buf,
				 u32 width, u32 nr)
{
	const struct vfio_pci_zpci_insn *insn = zpci_insn(io);
	ssize_t done = 0;
	int ret;

	do {
		ret = insn->store_block(io, buf + done, off + done, width);
		if (ret)
			return done ?: ret;
		done += width;
	} while (--nr);

	return done;
}

static ssize_t zpci_write_strict(const struct vfio_pci_io *io, u64 off, const void *buf,
				 u32 width, u32 nr)
{
	if (width > ZPCI_REGISTER)
		return zpci_write_blocks(io, off, buf, width, nr);

	return zpci_write_registers(io, off, buf, width, nr);
}

/*
 * Functions with strict alignment.
 *
 * Reads are PCILG of 1, 2, 4 or 8 bytes, naturally aligned. Writes of these widths are
 * PCISTG. Writes of 16 bytes or more are PCISTB: offset, length and source are
 * multiples of 8, and neither target nor source crosses a 4 KiB page.
 */
const struct vfio_pci_zpci_ops vfio_pci_zpci_strict_ops = {
	.io = {
		.name = "zpci",
		.max_read = ZPCI_REGISTER,
		.max_write = ZPCI_BLOCK,
		.read_boundary = ZPCI_REGISTER,
		.write_boundary = ZPCI_BLOCK,
		.read_align = VFIO_PCI_IO_NATURAL,
		.write_align = VFIO_PCI_IO_BLOCK,
		.read = zpci_read,
		.write = zpci_write_strict,
	},
	.insn = &vfio_pci_zpci_insn,
};
EXPORT_SYMBOL_IF_KUNIT(vfio_pci_zpci_strict_ops);

/*
 * Functions with relaxed alignment: ISM.
 *
 * Reads are PCILG of any 1 to 8 bytes inside one doubleword. Writes are PCISTB of any
 * length at any offset: every function with relaxed alignment takes these, and ISM
 * functions have no PCISTG. Neither target nor source crosses a 4 KiB page.
 */
const struct vfio_pci_zpci_ops vfio_pci_zpci_relaxed_align_ops = {
	.io = {
		.name = "zpci_relaxed_align",
		.max_read = ZPCI_REGISTER,
		.max_write = ZPCI_BLOCK,
		.read_boundary = ZPCI_REGISTER,
		.write_boundary = ZPCI_BLOCK,
		.read_align = VFIO_PCI_IO_ANY,
		.write_align = VFIO_PCI_IO_ANY,
		.read = zpci_read,
		.write = zpci_write_blocks,
	},
	.insn = &vfio_pci_zpci_insn,
};
EXPORT_SYMBOL_IF_KUNIT(vfio_pci_zpci_relaxed_align_ops);
