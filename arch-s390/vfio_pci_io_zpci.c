// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tables for zPCI functions.
 *
 * Nothing in here is s390's but the meaning: the instructions are behind a table, so
 * that it all can be tested on any machine.
 */

#include <asm/byteorder.h>
#include <linux/container_of.h>
#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include <kunit/visibility.h>

#include "vfio_pci_io.h"
#include "vfio_pci_io_zpci.h"

/* What a register holds, which is what PCILG and PCISTG carry at most. */
#define ZPCI_REGISTER	8

/* The longest block that there is, and the boundary that none crosses. */
#define ZPCI_BLOCK	SZ_4K

static const struct vfio_pci_zpci_insn *zpci_insn(const struct vfio_pci_io *io)
{
	return container_of(io->ops, struct vfio_pci_zpci_ops, io)->insn;
}

/* The handle is read for each instruction, as a reset gives the function another. */
static __always_inline u64 zpci_req(const struct vfio_pci_zpci_insn *insn,
				    const struct vfio_pci_io *io, u32 width)
{
	return vfio_pci_zpci_req(insn->fh(io), io->bar, width);
}

static ssize_t zpci_read(const struct vfio_pci_io *io, u64 off, void *buf, u32 width,
			 u32 nr)
{
	const struct vfio_pci_zpci_insn *insn = zpci_insn(io);
	ssize_t done = 0;
	__be64 bytes;
	u64 val;
	int ret;

	for (; nr; nr--, done += width) {
		ret = insn->load(&val, zpci_req(insn, io, width), off + done);
		if (ret)
			return done ?: ret;

		/* The register's last byte is the last of the BAR's. */
		bytes = cpu_to_be64(val << 8 * (ZPCI_REGISTER - width));
		memcpy(buf + done, &bytes, width);
	}

	return done;
}

static ssize_t zpci_write_registers(const struct vfio_pci_io *io, u64 off, const void *buf,
				    u32 width, u32 nr)
{
	const struct vfio_pci_zpci_insn *insn = zpci_insn(io);
	ssize_t done = 0;
	__be64 bytes;
	int ret;

	for (; nr; nr--, done += width) {
		bytes = 0;
		memcpy(&bytes, buf + done, width);
		ret = insn->store(be64_to_cpu(bytes) >> 8 * (ZPCI_REGISTER - width),
				  zpci_req(insn, io, width), off + done);
		if (ret)
			return done ?: ret;
	}

	return done;
}

static ssize_t zpci_write_blocks(const struct vfio_pci_io *io, u64 off, const void *buf,
				 u32 width, u32 nr)
{
	const struct vfio_pci_zpci_insn *insn = zpci_insn(io);
	ssize_t done = 0;
	int ret;

	for (; nr; nr--, done += width) {
		ret = insn->store_block(buf + done, zpci_req(insn, io, width), off + done);
		if (ret)
			return done ?: ret;
	}

	return done;
}

static ssize_t zpci_write_strict(const struct vfio_pci_io *io, u64 off, const void *buf,
				 u32 width, u32 nr)
{
	if (width > ZPCI_REGISTER)
		return zpci_write_blocks(io, off, buf, width, nr);

	return zpci_write_registers(io, off, buf, width, nr);
}

static u32 zpci_write_limit(const struct vfio_pci_io *io)
{
	return max_t(u32, zpci_insn(io)->maxstbl(io), ZPCI_REGISTER);
}

/*
 * Functions with strict alignment.
 *
 * Reads are PCILG of 1, 2, 4 or 8 bytes, naturally aligned. Writes of these are
 * PCISTG; those of 16 bytes and more are PCISTB, of which offset, length and source
 * are multiples of 8 and which crosses no 4 KiB page of the BAR nor of the source.
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
		.write_limit = zpci_write_limit,
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
 * length at any offset that cross no 4 KiB page of the BAR nor of the source, as these
 * functions know no PCISTG.
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
		.write_limit = zpci_write_limit,
		.read = zpci_read,
		.write = zpci_write_blocks,
	},
	.insn = &vfio_pci_zpci_insn,
};
EXPORT_SYMBOL_IF_KUNIT(vfio_pci_zpci_relaxed_align_ops);
