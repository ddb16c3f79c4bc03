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

#ifdef CONFIG_64BIT
/*
 * Of a long run the loop would be two thirds of the instructions, so accesses are written
 * out, eight in a line and two lines at a time. Compilers do not do that by themselves.
 */
#define VFIO_PCI_IOMEM_LINE	8

static __always_inline void vfio_pci_iomem_read_line(const void __iomem *src, __le64 *buf)
{
	buf[0] = cpu_to_le64(readq(src));
	buf[1] = cpu_to_le64(readq(src + 8));
	buf[2] = cpu_to_le64(readq(src + 16));
	buf[3] = cpu_to_le64(readq(src + 24));
	buf[4] = cpu_to_le64(readq(src + 32));
	buf[5] = cpu_to_le64(readq(src + 40));
	buf[6] = cpu_to_le64(readq(src + 48));
	buf[7] = cpu_to_le64(readq(src + 56));
}

static __always_inline void vfio_pci_iomem_write_line(void __iomem *dst, const __le64 *buf)
{
	writeq(le64_to_cpu(buf[0]), dst);
	writeq(le64_to_cpu(buf[1]), dst + 8);
	writeq(le64_to_cpu(buf[2]), dst + 16);
	writeq(le64_to_cpu(buf[3]), dst + 24);
	writeq(le64_to_cpu(buf[4]), dst + 32);
	writeq(le64_to_cpu(buf[5]), dst + 40);
	writeq(le64_to_cpu(buf[6]), dst + 48);
	writeq(le64_to_cpu(buf[7]), dst + 56);
}

static __always_inline void vfio_pci_iomem_read8(const void __iomem *src, __le64 *buf, u32 nr)
{
	for (; nr >= 2 * VFIO_PCI_IOMEM_LINE; nr -= 2 * VFIO_PCI_IOMEM_LINE) {
		vfio_pci_iomem_read_line(src, buf);
		vfio_pci_iomem_read_line(src + 8 * VFIO_PCI_IOMEM_LINE, buf + VFIO_PCI_IOMEM_LINE);
		src += 2 * 8 * VFIO_PCI_IOMEM_LINE;
		buf += 2 * VFIO_PCI_IOMEM_LINE;
	}
	if (nr >= VFIO_PCI_IOMEM_LINE) {
		vfio_pci_iomem_read_line(src, buf);
		src += 8 * VFIO_PCI_IOMEM_LINE;
		buf += VFIO_PCI_IOMEM_LINE;
		nr -= VFIO_PCI_IOMEM_LINE;
	}
	for (; nr; nr--) {
		*buf++ = cpu_to_le64(readq(src));
		src += 8;
	}
}

static __always_inline void vfio_pci_iomem_write8(void __iomem *dst, const __le64 *buf, u32 nr)
{
	for (; nr >= 2 * VFIO_PCI_IOMEM_LINE; nr -= 2 * VFIO_PCI_IOMEM_LINE) {
		vfio_pci_iomem_write_line(dst, buf);
		vfio_pci_iomem_write_line(dst + 8 * VFIO_PCI_IOMEM_LINE, buf + VFIO_PCI_IOMEM_LINE);
		dst += 2 * 8 * VFIO_PCI_IOMEM_LINE;
		buf += 2 * VFIO_PCI_IOMEM_LINE;
	}
	if (nr >= VFIO_PCI_IOMEM_LINE) {
		vfio_pci_iomem_write_line(dst, buf);
		dst += 8 * VFIO_PCI_IOMEM_LINE;
		buf += VFIO_PCI_IOMEM_LINE;
		nr -= VFIO_PCI_IOMEM_LINE;
	}
	for (; nr; nr--) {
		writeq(le64_to_cpu(*buf++), dst);
		dst += 8;
	}
}
#endif

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
		vfio_pci_iomem_read8(src, buf, nr);
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
		vfio_pci_iomem_write8(dst, buf, nr);
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
