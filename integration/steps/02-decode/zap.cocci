// SPDX-License-Identifier: GPL-2.0-only
// Mappings of a BAR go away in both windows.
// in drivers/vfio/pci/vfio_pci_core.c
// match zap 1

@zap@
identifier start, len;
expression mapping;
position p;
@@
 vfio_pci_zap_bars(...)
 {
 	...
 	unmap_mapping_range@p(mapping, start, len, true);
+
+	if (IS_ENABLED(CONFIG_64BIT)) {
+		start = vfio_pci_offset_large(VFIO_PCI_BAR0_REGION_INDEX);
+		len = vfio_pci_offset_large(VFIO_PCI_ROM_REGION_INDEX) - start;
+		unmap_mapping_range(mapping, start, len, true);
+	}
 }
