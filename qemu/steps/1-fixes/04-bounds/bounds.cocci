// SPDX-License-Identifier: GPL-2.0-only
// in hw/s390x/s390-pci-inst.c
// match bar 2
// match block 1

@bar@
identifier f =~ "^zpci_(read|write)_bar$";
expression mr, offset, len;
position p;
@@
 f(...)
 {
 	<...
	mr = s390_get_subregion@p(mr, offset, len);
+    if (!mr) {
+        return MEMTX_DECODE_ERROR;
+    }
+
 	...>
 }

@block@
expression mr, offset, len;
position p;
@@
 pcistb_service_call(...)
 {
 	<...
	mr = s390_get_subregion@p(mr, offset, len);
+    if (!mr) {
+        s390_program_interrupt(env, PGM_OPERAND, ra);
+        return 0;
+    }
+
 	...>
 }
