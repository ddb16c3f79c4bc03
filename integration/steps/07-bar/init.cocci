// SPDX-License-Identifier: GPL-2.0-only
// in drivers/vfio/pci/vfio_pci_core.c
// match init 1
// match release 1

@init@
position p;
@@
 vfio_pci_core_init_dev@p(...)
 {
 	...
 	init_rwsem(&vdev->memory_lock);
+	vfio_pci_core_io_init(vdev);
 	...
 }

@release@
position p;
@@
 vfio_pci_core_release_dev@p(...)
 {
 	...
 	mutex_destroy(&vdev->ioeventfds_lock);
+	vfio_pci_core_io_release(vdev);
 	...
 }
