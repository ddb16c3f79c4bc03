// SPDX-License-Identifier: GPL-2.0-only
// in hw/s390x/s390-pci-inst.c
// match find 1
// match check 1
// match store 1
// match variables 1

@find@
expression E;
statement S;
position p;
@@
 pcistb_service_call(...)
 {
 	<...
-	mr = pbdev->pdev->io_regions[pcias].memory;
-	mr = s390_get_subregion@p(mr, offset, len);
-	if (!mr) S
-	offset -= mr->addr;
 	...>
 }

@check@
identifier i;
statement S;
position p;
@@
 pcistb_service_call(...)
 {
 	<...
-	for (i = 0; i < len; i += 8@p) S
 	...>
 }

@store@
identifier i;
statement S;
position p;
@@
 pcistb_service_call(...)
 {
 	<...
-	for (i = 0; i < len / 8@p; i++) S
+    result = zpci_store_bar(pbdev, pcias, offset, buffer, len);
+    if (result != MEMTX_OK) {
+        zpci_bar_error(cpu, r1, result, ra);
+        return 0;
+    }
 	...>
 }

@variables@
identifier mr, i;
position p;
@@
 pcistb_service_call(...)
 {
 	...
-	MemoryRegion *mr@p;
	MemTxResult result;
	uint64_t offset;
-	int i;
 	... when any
 }
