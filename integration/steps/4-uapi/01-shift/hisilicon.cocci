// SPDX-License-Identifier: GPL-2.0-only
// in drivers/vfio/pci/hisilicon/*.c
// match to_index+late all VFIO_PCI_OFFSET_TO_INDEX
// match mask all \bVFIO_PCI_OFFSET_MASK
// match vma_index all >>\s+\(VFIO_PCI_OFFSET_SHIFT
// match vma_offset all <<\s+\(VFIO_PCI_OFFSET_SHIFT
// match to_offset all \bVFIO_PCI_INDEX_TO_OFFSET
// gone \bVFIO_PCI_(OFFSET|INDEX)_(TO_|MASK|SHIFT) drivers/vfio/pci/hisilicon/*.c

@late@
symbol index, vdev;
expression e, pos;
position p;
@@
 hisi_acc_pci_rw_access_check(...)
 {
-	unsigned int index = VFIO_PCI_OFFSET_TO_INDEX@p(pos);
 	struct vfio_pci_core_device *vdev = e;
+	unsigned int index = vfio_pci_region_index(vdev, pos);
 	...
 }

@to_index@
expression pos;
symbol vdev;
position p;
@@
-VFIO_PCI_OFFSET_TO_INDEX@p(pos)
+vfio_pci_region_index(vdev, pos)

@mask@
expression pos;
symbol vdev;
position p;
@@
-pos & VFIO_PCI_OFFSET_MASK@p
+vfio_pci_region_offset(vdev, pos)

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
