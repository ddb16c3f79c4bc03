// SPDX-License-Identifier: GPL-2.0-only
// in drivers/vfio/pci/nvgrace-gpu/*.c
// match to_index+late all VFIO_PCI_OFFSET_TO_INDEX
// match mask all \bVFIO_PCI_OFFSET_MASK
// match vma_index+pfn_index all >>\s+\(VFIO_PCI_OFFSET_SHIFT
// match vma_offset+pfn_offset+addr_offset all <<\s+\(VFIO_PCI_OFFSET_SHIFT
// match to_offset all \bVFIO_PCI_INDEX_TO_OFFSET
// gone \bVFIO_PCI_(OFFSET|INDEX)_(TO_|MASK|SHIFT) drivers/vfio/pci/nvgrace-gpu/*.c

@late@
symbol index, nvdev;
expression e, pos;
position p;
@@
 nvgrace_gpu_read(...)
 {
-	unsigned int index = VFIO_PCI_OFFSET_TO_INDEX@p(pos);
 	struct nvgrace_gpu_pci_core_device *nvdev = e;
+	unsigned int index = vfio_pci_region_index(&nvdev->core_device, pos);
 	...
 }

@pfn_index@
symbol index, nvdev;
expression vma;
position p;
@@
 nvgrace_gpu_pfn_to_vma_pgoff(...)
 {
 	...
-	unsigned int index = vma->vm_pgoff >> (VFIO_PCI_OFFSET_SHIFT@p - PAGE_SHIFT);
+	unsigned int index;
 	...
 	if (!nvdev)
 		return -ENOENT;
+	index = vfio_pci_region_index(&nvdev->core_device, vfio_pci_vma_pos(vma));
 	...
 }

@pfn_offset@
symbol nvdev;
identifier offset;
expression vma;
position p;
@@
 nvgrace_gpu_pfn_to_vma_pgoff(...)
 {
 	...
-	pgoff_t offset = vma->vm_pgoff & ((1U << (VFIO_PCI_OFFSET_SHIFT@p - PAGE_SHIFT)) - 1);
+	pgoff_t offset;
 	...
 	if (!nvdev)
 		return -ENOENT;
+	offset = vfio_pci_region_offset(&nvdev->core_device, vfio_pci_vma_pos(vma)) >> PAGE_SHIFT;
 	...
 }

@addr_offset@
identifier pgoff;
expression vma;
position p;
@@
 addr_to_pgoff(...)
 {
+	struct nvgrace_gpu_pci_core_device *nvdev = vma->vm_private_data;
-	u64 pgoff = vma->vm_pgoff & ((1U << (VFIO_PCI_OFFSET_SHIFT@p - PAGE_SHIFT)) - 1);
+	u64 pgoff = vfio_pci_region_offset(&nvdev->core_device, vfio_pci_vma_pos(vma)) >> PAGE_SHIFT;
 	...
 }

@to_index@
expression pos;
symbol nvdev;
position p;
@@
-VFIO_PCI_OFFSET_TO_INDEX@p(pos)
+vfio_pci_region_index(&nvdev->core_device, pos)

@mask@
expression pos;
symbol nvdev;
position p;
@@
-pos & VFIO_PCI_OFFSET_MASK@p
+vfio_pci_region_offset(&nvdev->core_device, pos)

@vma_offset@
expression vma;
symbol nvdev;
position p;
@@
-vma->vm_pgoff & ((1U << (VFIO_PCI_OFFSET_SHIFT@p - PAGE_SHIFT)) - 1)
+vfio_pci_region_offset(&nvdev->core_device, vfio_pci_vma_pos(vma)) >> PAGE_SHIFT

@vma_index@
expression vma;
symbol nvdev;
position p;
@@
-vma->vm_pgoff >> (VFIO_PCI_OFFSET_SHIFT@p - PAGE_SHIFT)
+vfio_pci_region_index(&nvdev->core_device, vfio_pci_vma_pos(vma))

@to_offset@
expression e;
symbol nvdev;
position p;
@@
-VFIO_PCI_INDEX_TO_OFFSET@p(e)
+vfio_pci_region_pos(&nvdev->core_device, e)
