// SPDX-License-Identifier: GPL-2.0-only
// An ioeventfd writes through the BAR path, and logs a write that fails.
// in drivers/vfio/pci/vfio_pci_rdwr.c
// match off 1
// match prepare+prepare_setup 1
// match address 1

@off@
symbol vdev, ioeventfd;
position p;
@@
 if (!__vfio_pci_memory_enabled(vdev)) {
 	up_read@p(&vdev->memory_lock);
+	vfio_pci_ioeventfd_failed(ioeventfd, -EIO);
 	return 0;
 }

@prepare@
symbol vdev, bar, value, pos, data, count;
expression io;
position p;
@@
-io = vfio_pci_core_get_iomap@p(vdev, bar);
-if (IS_ERR(io))
-	return PTR_ERR(io);
+ret = vfio_pci_bar_value_init(&value, vdev, bar, pos, data, count);
+if (ret)
+	return ret;

@prepare_setup@
symbol vdev, bar, value, pos, data, count;
position p;
@@
-ret = vfio_pci_core_setup_barmap@p(vdev, bar);
+ret = vfio_pci_bar_value_init(&value, vdev, bar, pos, data, count);

@address@
symbol ioeventfd, value;
expression address;
position p;
@@
-ioeventfd->addr@p = address;
+ioeventfd->value = value;
