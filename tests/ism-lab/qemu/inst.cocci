// SPDX-License-Identifier: GPL-2.0-only
// Store block on a function with relaxed alignment takes another path.
// in hw/s390x/s390-pci-inst.c
// match include 1
// match block 1

@include@
position p;
@@
 #include "hw/s390x/s390-pci-vfio.h"@p
+#include "hw/s390x/zpci-relaxed.h"

@block@
position p;
@@
 pcistb_service_call(...)
 {
 	<...
 	if (!pbdev@p) {
 		...
 		return 0;
 	}
+	if (zpci_relaxed_store_block(cpu, pbdev, r1, r3, gaddr, ar, ra))
+		return 0;
 	...>
 }
