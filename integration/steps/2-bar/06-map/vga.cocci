// SPDX-License-Identifier: GPL-2.0-only
// The legacy VGA ranges never see more than 4 bytes.
// in drivers/vfio/pci/vfio_pci_rdwr.c
// unless iswrite, VFIO_PCI_IO_WIDTH_4\); drivers/vfio/pci/vfio_pci_rdwr.c
// match vga 1

@vga@
position p;
@@
 vfio_pci_core_do_io_rw@p(...,
-			 VFIO_PCI_IO_WIDTH_8
+			 VFIO_PCI_IO_WIDTH_4
			 )
