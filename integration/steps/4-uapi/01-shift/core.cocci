// SPDX-License-Identifier: GPL-2.0-only
// File positions are decoded with the device's shift.
// in drivers/vfio/pci/vfio_pci_*.c
// match to_index all VFIO_PCI_OFFSET_TO_INDEX
// match mask+assign all \bVFIO_PCI_OFFSET_MASK
// match vma_index+vma_end all >>\s+\(VFIO_PCI_OFFSET_SHIFT
// match vma_offset all <<\s+\(VFIO_PCI_OFFSET_SHIFT
// match to_offset all \bVFIO_PCI_INDEX_TO_OFFSET
// match init 1
// gone \bVFIO_PCI_(OFFSET|INDEX)_(TO_|MASK|SHIFT) drivers/vfio/pci/vfio_pci_*.c

@to_index@
expression pos;
symbol vdev;
position p;
@@
-VFIO_PCI_OFFSET_TO_INDEX@p(pos)
+vfio_pci_region_index(vdev, pos)

@assign@
expression pos;
symbol vdev;
position p;
@@
-pos &= VFIO_PCI_OFFSET_MASK@p;
+pos = vfio_pci_region_offset(vdev, pos);

@mask@
expression pos;
symbol vdev;
position p;
@@
-pos & VFIO_PCI_OFFSET_MASK@p
+vfio_pci_region_offset(vdev, pos)

@vma_end@
expression vma;
symbol vdev;
position p;
@@
-(vma->vm_pgoff + vma_pages(vma) - 1) >> (VFIO_PCI_OFFSET_SHIFT@p - PAGE_SHIFT)
+vfio_pci_region_index(vdev, vfio_pci_vma_pos(vma) + vma->vm_end - vma->vm_start - 1)

@vma_offset@
expression vma;
symbol vdev;
position p;
@@
-vma->vm_pgoff & ((1U << (VFIO_PCI_OFFSET_SHIFT@p - PAGE_SHIFT)) - 1)
+vfio_pci_region_offset(vdev, vfio_pci_vma_pos(vma)) >> PAGE_SHIFT

@vma_index@
expression vma;
symbol vdev;
position p;
@@
-vma->vm_pgoff >> (VFIO_PCI_OFFSET_SHIFT@p - PAGE_SHIFT)
+vfio_pci_region_index(vdev, vfio_pci_vma_pos(vma))

@to_offset@
expression e;
symbol vdev;
position p;
@@
-VFIO_PCI_INDEX_TO_OFFSET@p(e)
+vfio_pci_region_pos(vdev, e)

@init@
symbol core_vdev, vdev;
position p;
@@
 vfio_pci_core_init_dev@p(...)
 {
 	...
 	vdev->pdev = to_pci_dev(core_vdev->dev);
+	vdev->region_shift = vfio_pci_choose_region_shift(vdev->pdev);
 	...
 }
