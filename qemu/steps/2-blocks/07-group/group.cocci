// SPDX-License-Identifier: GPL-2.0-only
// in hw/s390x/s390-pci-vfio.c
// match fallback 2
// match cap 1
// match find 1

@fallback@
position p;
@@
 s390_pci_read_group(...)
 {
 	<...
-	pbdev->zpci_fn.pfgid = ZPCI_DEFAULT_FN_GRP;
-	pbdev->pci_group = s390_group_find@p(ZPCI_DEFAULT_FN_GRP);
+    s390_pci_use_default_group(pbdev, maxstbl);
	return;
 	...>
 }

@cap@
position p;
@@
 s390_pci_read_group(...)
 {
 	<...
	cap = (void *) hdr@p;
+    if (!maxstbl) {
+        maxstbl = MIN(cap->maxstbl, ZPCI_MAX_STB);
+    }
 	...>
 }

@find@
position p;
@@
	s390_group_find_host_sim@p(pbdev->zpci_fn.pfgid
+, maxstbl, pbdev->relaxed_align
	)
