// SPDX-License-Identifier: GPL-2.0-only
// What the path keeps in a device.
// in include/linux/vfio_pci_core.h
// match device 1

@device@
position p;
@@
 struct vfio_pci_core_device@p {
 	...
 	struct rw_semaphore memory_lock;
+	const struct vfio_pci_io_ops *io_ops;
+	/* Apart from each other: reads of the ROM, and its decode going off. */
+	struct mutex		rom_lock;
 	...
 };
