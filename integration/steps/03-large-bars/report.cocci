// SPDX-License-Identifier: GPL-2.0-only
// VFIO_DEVICE_GET_REGION_INFO reports the window that has room for the BAR.
// in drivers/vfio/pci/vfio_pci_core.c
// match report 1

@report@
expression offset, index, size;
position p;
@@
-offset = vfio_pci_offset_legacy@p(index);
+offset = vfio_pci_core_region_offset(vdev, index);
 size = pci_resource_len(pdev, index);
