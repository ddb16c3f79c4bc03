// SPDX-License-Identifier: GPL-2.0-only
// A mapping ends in the region in which it begins.
// in drivers/vfio/pci/vfio_pci_core.c
// match mmap 1

@mmap@
position p;
@@
 vfio_pci_core_mmap(...)
 {
 	<+...
 	if (vma->vm_end < vma->vm_start@p)
 		return -EINVAL;
+	if ((vma->vm_pgoff + vma_pages(vma) - 1) >> (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT) != index)
+		return -EINVAL;
 	...+>
 }
