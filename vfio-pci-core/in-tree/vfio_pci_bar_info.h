/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What VFIO_DEVICE_GET_REGION_INFO says of the accesses of a BAR.
 */
#ifndef VFIO_PCI_BAR_INFO_H
#define VFIO_PCI_BAR_INFO_H

struct vfio_info_cap;
struct vfio_pci_core_device;
struct vfio_region_info;

int vfio_pci_bar_add_capability(struct vfio_pci_core_device *vdev,
				const struct vfio_region_info *info,
				struct vfio_info_cap *caps);

#endif /* VFIO_PCI_BAR_INFO_H */
