/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The accessors of mapped memory: in a header, so that a register access, which nearly
 * always is to such, needs no call through a table.
 *
 * The MMIO accessors read and write little-endian values. Converting those from
 * and to the host's order makes byte i of the buffer byte i of the BAR on every
 * host, and keeps the ordering that the platform gives to MMIO, which the raw
 * accessors do not.
 */
#ifndef VFIO_PCI_IO_IOMEM_H
#define VFIO_PCI_IO_IOMEM_H

#include <linux/bug.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/io.h>
#include <linux/types.h>

#include "vfio_pci_io.h"

/*
 * Two 4-byte accesses are not one of 8 bytes, so a 32-bit kernel has no width 8
 * even where io-64-nonatomic-*.h would offer a readq().
 */
#define VFIO_PCI_IO_IOMEM_MAX	(IS_ENABLED(CONFIG_64BIT) ? 8 : 4)

/**
 * vfio_pci_iomem_read() - Read from a BAR that is mapped memory
 * @io: the BAR
 * @off: offset inside the BAR
 * @buf: kernel buffer
 * @width: bytes of each access
 * @nr: accesses
 *
 * What the table vfio_pci_io_iomem_ops does. readq() is one access wherever there is one,
 * which ioread64() is not.
 *
 * Context: as &vfio_pci_io_ops.read.
 * Return: as &vfio_pci_io_ops.read.
 */
static __always_inline ssize_t
vfio_pci_iomem_read(const struct vfio_pci_io *io, u64 off, void *buf, u32 width, u32 nr)
{
	const void __iomem *src = io->base + off;
	size_t i;

	switch (width) {
#ifdef CONFIG_64BIT
	case 8:
		for (i = 0; i < nr; i++)
			((__le64 *)buf)[i] = cpu_to_le64(readq(src + 8 * i));
		break;
#endif
	case 4:
		for (i = 0; i < nr; i++)
			((__le32 *)buf)[i] = cpu_to_le32(readl(src + 4 * i));
		break;
	case 2:
		for (i = 0; i < nr; i++)
			((__le16 *)buf)[i] = cpu_to_le16(readw(src + 2 * i));
		break;
	case 1:
		for (i = 0; i < nr; i++)
			((u8 *)buf)[i] = readb(src + i);
		break;
	default:
		WARN_ON_ONCE(1);
		return -EINVAL;
	}

	return (ssize_t)width * nr;
}

/**
 * vfio_pci_iomem_write() - Write to a BAR that is mapped memory
 * @io: the BAR
 * @off: offset inside the BAR
 * @buf: kernel buffer
 * @width: bytes of each access
 * @nr: accesses
 *
 * Context: as &vfio_pci_io_ops.write.
 * Return: as &vfio_pci_io_ops.write.
 */
static __always_inline ssize_t
vfio_pci_iomem_write(const struct vfio_pci_io *io, u64 off, const void *buf, u32 width, u32 nr)
{
	void __iomem *dst = io->base + off;
	size_t i;

	switch (width) {
#ifdef CONFIG_64BIT
	case 8:
		for (i = 0; i < nr; i++)
			writeq(le64_to_cpu(((const __le64 *)buf)[i]), dst + 8 * i);
		break;
#endif
	case 4:
		for (i = 0; i < nr; i++)
			writel(le32_to_cpu(((const __le32 *)buf)[i]), dst + 4 * i);
		break;
	case 2:
		for (i = 0; i < nr; i++)
			writew(le16_to_cpu(((const __le16 *)buf)[i]), dst + 2 * i);
		break;
	case 1:
		for (i = 0; i < nr; i++)
			writeb(((const u8 *)buf)[i], dst + i);
		break;
	default:
		WARN_ON_ONCE(1);
		return -EINVAL;
	}

	return (ssize_t)width * nr;
}

#endif /* VFIO_PCI_IO_IOMEM_H */
