// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which window of the device's file a BAR is reported in.
 */

#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/vfio_pci_core.h>

#include "vfio_pci_priv.h"

static bool vfio_pci_offset_all_large;
module_param_named(debug_large_offsets, vfio_pci_offset_all_large, bool, 0444);
MODULE_PARM_DESC(debug_large_offsets,
		 "For tests: report all BARs in the file window of BARs above 1 TiB; 64-bit only (default: N)");

/**
 * vfio_pci_core_region_offset() - Where a region begins in the device's file
 * @vdev: the device
 * @index: of the region
 *
 * What VFIO_DEVICE_GET_REGION_INFO reports: the legacy position, but for a BAR that
 * does not fit there, and with debug_large_offsets= for all of them.
 *
 * Context: any.
 * Return: the position.
 */
u64 vfio_pci_core_region_offset(struct vfio_pci_core_device *vdev, u32 index)
{
	if (!IS_ENABLED(CONFIG_64BIT) || index > VFIO_PCI_BAR5_REGION_INDEX)
		return vfio_pci_offset_legacy(index);

	if (vfio_pci_offset_all_large ||
	    pci_resource_len(vdev->pdev, index) > BIT_ULL(VFIO_PCI_OFFSET_LEGACY_SHIFT))
		return vfio_pci_offset_large(index);

	return vfio_pci_offset_legacy(index);
}
