// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic tables: memory BARs by MMIO, I/O port BARs by port accessors.
 */

#include <linux/errno.h>
#include <linux/export.h>
#include <linux/io.h>

#include <kunit/visibility.h>

#include "vfio_pci_io.h"
#include "vfio_pci_io_iomem.h"

/* PCI has no wider I/O port access. */
#define VFIO_PCI_IO_IOPORT_MAX	4

static ssize_t iomem_read(const struct vfio_pci_io *io, u64 off, void *buf,
			  u32 width, u32 nr)
{
	return vfio_pci_iomem_read(io, off, buf, width, nr);
}

static ssize_t iomem_write(const struct vfio_pci_io *io, u64 off, const void *buf,
			   u32 width, u32 nr)
{
	return vfio_pci_iomem_write(io, off, buf, width, nr);
}

/*
 * Whatever pci_iomap() and ioport_map() have mapped, be it ports or memory. No port has
 * width 8, so what has is memory.
 */
static ssize_t iomap_read(const struct vfio_pci_io *io, u64 off, void *buf,
			  u32 width, u32 nr)
{
	const void __iomem *src = io->base + off;
	size_t i;

	switch (width) {
	case 4:
		for (i = 0; i < nr; i++)
			((__le32 *)buf)[i] = cpu_to_le32(ioread32(src + 4 * i));
		break;
	case 2:
		for (i = 0; i < nr; i++)
			((__le16 *)buf)[i] = cpu_to_le16(ioread16(src + 2 * i));
		break;
	case 1:
		for (i = 0; i < nr; i++)
			((u8 *)buf)[i] = ioread8(src + i);
		break;
	default:
		return iomem_read(io, off, buf, width, nr);
	}

	return (ssize_t)width * nr;
}

static ssize_t iomap_write(const struct vfio_pci_io *io, u64 off, const void *buf,
			   u32 width, u32 nr)
{
	void __iomem *dst = io->base + off;
	size_t i;

	switch (width) {
	case 4:
		for (i = 0; i < nr; i++)
			iowrite32(le32_to_cpu(((const __le32 *)buf)[i]), dst + 4 * i);
		break;
	case 2:
		for (i = 0; i < nr; i++)
			iowrite16(le16_to_cpu(((const __le16 *)buf)[i]), dst + 2 * i);
		break;
	case 1:
		for (i = 0; i < nr; i++)
			iowrite8(((const u8 *)buf)[i], dst + i);
		break;
	default:
		return iomem_write(io, off, buf, width, nr);
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

/* Maps of which nobody knows whether they are of memory or of ports. */
const struct vfio_pci_io_ops vfio_pci_io_iomap_ops = {
	.name = "iomap",
	.max_read = VFIO_PCI_IO_IOMEM_MAX,
	.max_write = VFIO_PCI_IO_IOMEM_MAX,
	.read_boundary = VFIO_PCI_IO_IOMEM_MAX,
	.write_boundary = VFIO_PCI_IO_IOMEM_MAX,
	.mapped = true,
	.read = iomap_read,
	.write = iomap_write,
};
EXPORT_SYMBOL_IF_KUNIT(vfio_pci_io_iomap_ops);

/* I/O port BARs: naturally aligned accesses of 1, 2 and 4 bytes. */
const struct vfio_pci_io_ops vfio_pci_io_ioport_ops = {
	.name = "ioport",
	.max_read = VFIO_PCI_IO_IOPORT_MAX,
	.max_write = VFIO_PCI_IO_IOPORT_MAX,
	.read_boundary = VFIO_PCI_IO_IOPORT_MAX,
	.write_boundary = VFIO_PCI_IO_IOPORT_MAX,
	.mapped = true,
	.read = iomap_read,
	.write = iomap_write,
};
EXPORT_SYMBOL_IF_KUNIT(vfio_pci_io_ioport_ops);
