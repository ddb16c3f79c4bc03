// SPDX-License-Identifier: GPL-2.0-only
// One reader of the ROM at a time, as the first to finish disables its decode.
// in drivers/vfio/pci/vfio_pci_core.c drivers/vfio/pci/vfio_pci_rdwr.c
// match init 1
// match release 1
// match info 1
// match lock+lock_6_12 1
// match unlock+unlock_6_12 1

@init@
position p;
@@
 vfio_pci_core_init_dev@p(...)
 {
 	...
 	init_rwsem(&vdev->memory_lock);
+	mutex_init(&vdev->rom_lock);
 	...
 }

@release@
position p;
@@
 vfio_pci_core_release_dev@p(...)
 {
 	...
 	mutex_destroy(&vdev->ioeventfds_lock);
+	mutex_destroy(&vdev->rom_lock);
 	...
 }

@info@
symbol vdev, cmd;
position p;
@@
+if (mutex_lock_killable(&vdev->rom_lock))
+	return -EINTR;
 cmd = vfio_pci_memory_lock_and_enable(vdev);
 io = pci_map_rom@p(...);
 ...
 vfio_pci_memory_unlock_and_restore(vdev, cmd);
+mutex_unlock(&vdev->rom_lock);

@lock@
symbol vdev, io, pdev, bar;
position p;
@@
 vfio_pci_bar_rw(...)
 {
 	<+...
+	if (mutex_lock_killable(&vdev->rom_lock))
+		return -EINTR;
 	if (pci_resource_start(pdev, bar)) {
 		io = pci_map_rom@p(...);
 	} else {
 		...
 	}
-	if (!io)
-		return -ENOMEM;
+	if (!io) {
+		mutex_unlock(&vdev->rom_lock);
+		return -ENOMEM;
+	}
 	...+>
 }

@unlock@
symbol vdev, io, pdev, bar;
position p;
@@
 vfio_pci_bar_rw(...)
 {
 	<+...
 	if (pci_resource_start(pdev, bar))
 		pci_unmap_rom@p(...);
 	else
 		iounmap(io);
+	mutex_unlock(&vdev->rom_lock);
 	...+>
 }

@lock_6_12@
symbol vdev, io, pdev, done;
position p;
@@
 vfio_pci_bar_rw(...)
 {
 	<+...
+	if (mutex_lock_killable(&vdev->rom_lock))
+		return -EINTR;
 	io = pci_map_rom@p(...);
 	if (!io) {
+		mutex_unlock(&vdev->rom_lock);
 		done = -ENOMEM;
 		goto out;
 	}
 	...+>
 }

@unlock_6_12@
symbol vdev, io, pdev, bar;
position p;
@@
 vfio_pci_bar_rw(...)
 {
 	<+...
 	if (bar == PCI_ROM_RESOURCE)
+	{
 		pci_unmap_rom@p(pdev, io);
+		mutex_unlock(&vdev->rom_lock);
+	}
 	...+>
 }
