// SPDX-License-Identifier: GPL-2.0-only
// VFIO_DEVICE_GET_REGION_INFO; mainline hands in the two structures, 6.12 has them
// on its stack.
// in drivers/vfio/pci/vfio_pci_core.c
// match by_pointer+by_value 1

@by_pointer@
symbol vdev, info, caps;
position p;
@@
 vfio_pci_ioctl_get_region_info(...)
 {
 	<...
-	return@p 0;
+	return vfio_pci_bar_add_capability(vdev, info, caps);
 	...>
 }

@by_value@
symbol vdev, info, caps;
statement S;
position p;
@@
 vfio_pci_ioctl_get_region_info(...)
 {
 	<...
+	ret = vfio_pci_bar_add_capability(vdev, &info, &caps);
+	if (ret)
+		return ret;
 	if@p (caps.size) S
 	...>
 }
