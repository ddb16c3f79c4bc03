// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic tables: memory BARs by MMIO, I/O port BARs by port accessors.
 *
 * The MMIO accessors read and write little-endian values. Converting those from
 * and to the host's order makes byte i of the buffer byte i of the BAR on every
 * host, and keeps the ordering that the platform gives to MMIO, which the raw
 * accessors do not.
 */

#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/io.h>

#include <kunit/visibility.h>

#include "vfio_pci_io.h"

/*
 * Two 4-byte accesses are not one of 8 bytes, so a 32-bit kernel has no width 8
 * even where io-64-nonatomic-*.h would offer a readq().
 */
#define VFIO_PCI_IO_IOMEM_MAX	(IS_ENABLED(CONFIG_64BIT) ? 8 : 4)

/* PCI has no wider I/O port access. */
#define VFIO_PCI_IO_IOPORT_MAX	4

/*
 * readq() and not ioread64(), which is not one access wherever there is one. It
 * reaches memory only, but no port has width 8.
 */
static void iomem_read8(const void __iomem *src, __le64 *dst, u32 nr)
{
#ifdef CONFIG_64BIT
	for (; nr; nr--, src += sizeof(*dst), dst++)
		*dst = cpu_to_le64(readq(src));
#endif
}

static void iomem_write8(void __iomem *dst, const __le64 *src, u32 nr)
{
#ifdef CONFIG_64BIT
	for (; nr; nr--, dst += sizeof(*src), src++)
		writeq(le64_to_cpu(*src), dst);
#endif
}

static void iomem_read4(const void __iomem *src, __le32 *dst, u32 nr)
{
	for (; nr; nr--, src += sizeof(*dst), dst++)
		*dst = cpu_to_le32(ioread32(src));
}

static void iomem_write4(void __iomem *dst, const __le32 *src, u32 nr)
{
	for (; nr; nr--, dst += sizeof(*src), src++)
		iowrite32(le32_to_cpu(*src), dst);
}

static void iomem_read2(const void __iomem *src, __le16 *dst, u32 nr)
{
	for (; nr; nr--, src += sizeof(*dst), dst++)
		*dst = cpu_to_le16(ioread16(src));
}

static void iomem_write2(void __iomem *dst, const __le16 *src, u32 nr)
{
	for (; nr; nr--, dst += sizeof(*src), src++)
		iowrite16(le16_to_cpu(*src), dst);
}

static void iomem_read1(const void __iomem *src, u8 *dst, u32 nr)
{
	for (; nr; nr--, src++, dst++)
		*dst = ioread8(src);
}

static void iomem_write1(void __iomem *dst, const u8 *src, u32 nr)
{
	for (; nr; nr--, dst++, src++)
		iowrite8(*src, dst);
}

static ssize_t iomem_read(const struct vfio_pci_io *io, u64 off, void *buf,
			  u32 width, u32 nr)
{
	const void __iomem *src = io->base + off;

	switch (width) {
	case 8:
		iomem_read8(src, buf, nr);
		break;
	case 4:
		iomem_read4(src, buf, nr);
		break;
	case 2:
		iomem_read2(src, buf, nr);
		break;
	case 1:
		iomem_read1(src, buf, nr);
		break;
	default:
		WARN_ON_ONCE(1);
		return -EINVAL;
	}

	return (ssize_t)width * nr;
}

static ssize_t iomem_write(const struct vfio_pci_io *io, u64 off, const void *buf,
			   u32 width, u32 nr)
{
	void __iomem *dst = io->base + off;

	switch (width) {
	case 8:
		iomem_write8(dst, buf, nr);
		break;
	case 4:
		iomem_write4(dst, buf, nr);
		break;
	case 2:
		iomem_write2(dst, buf, nr);
		break;
	case 1:
		iomem_write1(dst, buf, nr);
		break;
	default:
		WARN_ON_ONCE(1);
		return -EINVAL;
	}

	return (ssize_t)width * nr;
}

/*
 * Memory BARs and ROMs that are mapped.
 *
 * Naturally aligned accesses of 1, 2, 4 and, on 64-bit kernels, 8 bytes. MMIO
 * reports no errors: a function that is gone reads as all ones, as for a driver.
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

/* I/O port BARs: naturally aligned accesses of 1, 2 and 4 bytes. */
const struct vfio_pci_io_ops vfio_pci_io_ioport_ops = {
	.name = "ioport",
	.max_read = VFIO_PCI_IO_IOPORT_MAX,
	.max_write = VFIO_PCI_IO_IOPORT_MAX,
	.read_boundary = VFIO_PCI_IO_IOPORT_MAX,
	.write_boundary = VFIO_PCI_IO_IOPORT_MAX,
	.mapped = true,
	.read = iomem_read,
	.write = iomem_write,
};
EXPORT_SYMBOL_IF_KUNIT(vfio_pci_io_ioport_ops);
