// SPDX-License-Identifier: GPL-2.0-only
// Report the type of function, reset it, and accept MSI.
// in hw/s390x/s390-pci-bus.c
// match include 1
// match plug 1
// match reset 1
// match deconfigure 1
// match msi 1
// match event 1
// match translate 1

@include@
position p;
@@
 #include "hw/s390x/s390-pci-vfio.h"@p
+#include "hw/s390x/zpci-relaxed.h"

@plug@
position p;
@@
 set_pbdev_info(...)
 {
 	...
 	pbdev->pci_group@p = ...;
+	zpci_relaxed_plug(pbdev);
 }

@reset@
position p;
@@
 s390_pci_device_reset(...)
 {
 	<...
 	fmb_timer_free@p(pbdev);
+	zpci_relaxed_reset(pbdev);
 	...>
 }

@deconfigure@
position p;
@@
 s390_pci_sclp_deconfigure(...)
 {
 	<...
 	pbdev->state = ZPCI_FS_STANDBY@p;
+	zpci_relaxed_reset(pbdev);
 	...>
 }

// MSI has no table, only the address for the messages.
@msi@
expression name, text;
position p;
@@
 s390_pci_msix_init(...)
 {
 	...
 	if (!pos@p) {
+		if (zpci_relaxed(pbdev)) {
+			pbdev->msix.entries = 1;
+			goto notify;
+		}
 		return -1;
 	}
 	...
+notify:
 	name = g_strdup_printf(text, ...);
 	...
 }

@event@
position p;
@@
-static
 void s390_pci_generate_plug_event@p(...) { ... }

@translate@
expression entry;
position p;
@@
 s390_translate_iommu(...)
 {
 	<...
-	entry = g_hash_table_lookup@p(iommu->iotlb, &iova);
+	entry = zpci_relaxed_translate(iommu, iova);
 	...>
 }
