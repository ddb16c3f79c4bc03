// SPDX-License-Identifier: GPL-2.0-only
// BARs are mapped when the device is opened, not by their first user.
// in drivers/vfio/pci/vfio_pci_core.c
// match enable 1

@enable@
position p;
@@
 vfio_pci_core_enable@p(...)
 {
 	...
+	vfio_pci_core_map_bars(vdev);
+
 	return 0;
 	...
 }
