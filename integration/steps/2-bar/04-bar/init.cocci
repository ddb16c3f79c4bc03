// SPDX-License-Identifier: GPL-2.0-only
// in drivers/vfio/pci/vfio_pci_core.c
// match close 1
// match open 1

@open@
position p;
@@
 vfio_pci_core_enable@p(...)
 {
 	...
+	vfio_pci_core_bar_open(vdev);
+
 	return 0;
 	...
 }

@close@
symbol vdev;
position p;
@@
 vfio_pci_core_disable@p(...)
 {
 	...
 	lockdep_assert_held(&vdev->vdev.dev_set->lock);
+
+	vfio_pci_core_bar_close(vdev);
 	...
 }
