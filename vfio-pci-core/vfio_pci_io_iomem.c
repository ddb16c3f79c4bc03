// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic tables, for mapped BARs, ROMs and I/O ports.
 *
 * MMIO accessors swap bytes on big endian; swapping the value back keeps byte i byte i.
 * Raw accessors would need no conversion but lack the platform's MMIO ordering.
 */

#include <asm/byteorder.h>
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/io.h>
#include <linux/kconfig.h>

#include <kunit/visibility.h>

#include "vfio_pci_io.h"

/* Two 4-byte accesses are not one of 8, so io-64-nonatomic-*.h is no help on 32 bits. */
#define VFIO_PCI_IO_IOMEM_MAX	(IS_ENABLED(CONFIG_64BIT) ? 8 : 4)

static ssize_t iomem_read(const struct vfio_pci_io *io, u64 off, void *buf,
			  u32 width, u32 nr)
{
	const void __iomem *src = io->base + off;
	ssize_t size = (ssize_t)width * nr;
	void *end = buf + size;

	switch (width) {
#ifdef CONFIG_64BIT
	case 8:
		/* ioread64() may be two accesses; readq() is one wherever it exists. */
		for (; buf < end; buf += 8, src += 8)
			*(__le64 *)buf = cpu_to_le64(readq(src));
		return size;
#endif
	case 4:
		for (; buf < end; buf += 4, src += 4)
			*(__le32 *)buf = cpu_to_le32(ioread32(src));
		return size;
	case 2:
		for (; buf < end; buf += 2, src += 2)
			*(__le16 *)buf = cpu_to_le16(ioread16(src));
		return size;
	case 1:
		for (; buf < end; buf++, src++)
			*(u8 *)buf = ioread8(src);
		return size;
	default:
		WARN_ON_ONCE(1);
		return -EINVAL;
	}
}

static ssize_t iomem_write(const struct vfio_pci_io *io, u64 off, const void *buf,
			   u32 width, u32 nr)
{
	void __iomem *dst = io->base + off;
	ssize_t size = (ssize_t)width * nr;
	const void *end = buf + size;

	switch (width) {
#ifdef CONFIG_64BIT
	case 8:
		for (; buf < end; buf += 8, dst += 8)
			writeq(le64_to_cpup(buf), dst);
		return size;
#endif
	case 4:
		for (; buf < end; buf += 4, dst += 4)
			iowrite32(le32_to_cpup(buf), dst);
		return size;
	case 2:
		for (; buf < end; buf += 2, dst += 2)
			iowrite16(le16_to_cpup(buf), dst);
		return size;
	case 1:
		for (; buf < end; buf++, dst++)
			iowrite8(*(const u8 *)buf, dst);
		return size;
	default:
		WARN_ON_ONCE(1);
		return -EINVAL;
	}
}

/*
 * Memory BARs, ROMs and other maps. MMIO reports no errors: reads of a function that is
 * gone give all ones, as in any driver.
 */
const struct vfio_pci_io_ops vfio_pci_io_iomem_ops = {
	.name = "iomem",
	.max_read = VFIO_PCI_IO_IOMEM_MAX,
	.max_write = VFIO_PCI_IO_IOMEM_MAX,
	.read_boundary = VFIO_PCI_IO_IOMEM_MAX,
	.write_boundary = VFIO_PCI_IO_IOMEM_MAX,
	.mapped = true,
	.read = iomem_read,
	.write = iomem_write,
};
EXPORT_SYMBOL_IF_KUNIT(vfio_pci_io_iomem_ops);

/* I/O port BARs: naturally aligned accesses of 1, 2 and 4 bytes; PCI has no wider ones. */
const struct vfio_pci_io_ops vfio_pci_io_ioport_ops = {
	.name = "ioport",
	.max_read = 4,
	.max_write = 4,
	.read_boundary = 4,
	.write_boundary = 4,
	.mapped = true,
	.read = iomem_read,
	.write = iomem_write,
};
EXPORT_SYMBOL_IF_KUNIT(vfio_pci_io_ioport_ops);
