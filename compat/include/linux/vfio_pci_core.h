/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stands in for mainline's vfio_pci_core. The module is built against the headers of
 * one of many kernels and may load before vfio_pci_core, so it calls none of its
 * functions.
 */
#ifndef COMPAT_LINUX_VFIO_PCI_CORE_H
#define COMPAT_LINUX_VFIO_PCI_CORE_H

#include_next <linux/vfio_pci_core.h>

#include <linux/pci.h>

void __iomem *compat_vfio_pci_set_up_iomap(struct vfio_pci_core_device *vdev,
					   unsigned int bar);
bool compat_vfio_pci_memory_enabled(struct vfio_pci_core_device *vdev);

/**
 * compat_vfio_pci_get_iomap() - Get the map of a BAR
 * @vdev: the device, opened
 * @bar: BAR index, below PCI_STD_NUM_BARS
 *
 * 7.3 maps all BARs when the device is opened; 6.1 and 6.12 map a BAR on its first
 * use. An entry that is set, to an address or an error, is valid on all of them, so
 * no version is checked.
 *
 * Context: process context, no locks held. Sleeps on the first use of a BAR.
 * Return: the address or port cookie, or an error pointer.
 */
static inline void __iomem *
compat_vfio_pci_get_iomap(struct vfio_pci_core_device *vdev, unsigned int bar)
{
	/* Pairs with the release in compat_vfio_pci_claim_iomap(). */
	void __iomem *io = smp_load_acquire(&vdev->barmap[bar]);

	return likely(io) ? io : compat_vfio_pci_set_up_iomap(vdev, bar);
}

/*
 * Unmodified kernels have one shift for all devices. Use their macros, so that the build
 * fails on a kernel without them.
 */
static inline u32 vfio_pci_region_index(const struct vfio_pci_core_device *vdev, u64 pos)
{
	return VFIO_PCI_OFFSET_TO_INDEX(pos);
}

static inline u64 vfio_pci_region_offset(const struct vfio_pci_core_device *vdev, u64 pos)
{
	return pos & VFIO_PCI_OFFSET_MASK;
}

#define vfio_pci_core_get_iomap compat_vfio_pci_get_iomap
#define __vfio_pci_memory_enabled compat_vfio_pci_memory_enabled

#endif /* COMPAT_LINUX_VFIO_PCI_CORE_H */
