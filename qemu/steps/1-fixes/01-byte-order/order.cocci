// SPDX-License-Identifier: GPL-2.0-only
// in hw/s390x/s390-pci-inst.c
// match order 1

@order@
expression mr, addr, data, attrs;
position p;
@@
 memory_region_dispatch_write@p(mr, addr, data,
-	MO_64,
+	MO_BEUQ,
	attrs)
