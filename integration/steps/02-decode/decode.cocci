// SPDX-License-Identifier: GPL-2.0-only
// Who takes a file position apart asks the helpers, variant drivers too.
// in drivers/vfio/pci/vfio_pci_*.c drivers/vfio/pci/hisilicon/*.c drivers/vfio/pci/nvgrace-gpu/*.c drivers/vfio/pci/virtio/*.c
// match to_index all VFIO_PCI_OFFSET_TO_INDEX
// match mask+assign all \bVFIO_PCI_OFFSET_MASK
// match vma_index all >>\s+\(VFIO_PCI_OFFSET_SHIFT
// match vma_offset all <<\s+\(VFIO_PCI_OFFSET_SHIFT
// match to_offset all \bVFIO_PCI_INDEX_TO_OFFSET
// gone \bVFIO_PCI_(OFFSET|INDEX)_(TO_|MASK|SHIFT) drivers/vfio/pci/*.c drivers/vfio/pci/*/*.c

@to_index@
expression pos;
position p;
@@
-VFIO_PCI_OFFSET_TO_INDEX@p(pos)
+vfio_pci_offset_index(pos)

@mask@
expression pos;
position p;
@@
-pos & VFIO_PCI_OFFSET_MASK@p
+vfio_pci_offset_in_region(pos)

@assign@
expression pos;
position p;
@@
-pos &= VFIO_PCI_OFFSET_MASK@p;
+pos = vfio_pci_offset_in_region(pos);

@vma_offset@
expression vma;
position p;
@@
-vma->vm_pgoff & ((1U << (VFIO_PCI_OFFSET_SHIFT@p - PAGE_SHIFT)) - 1)
+vfio_pci_offset_vma_pgoff(vma)

@vma_index@
expression vma;
position p;
@@
-vma->vm_pgoff >> (VFIO_PCI_OFFSET_SHIFT@p - PAGE_SHIFT)
+vfio_pci_offset_vma_index(vma)

@to_offset@
expression e;
position p;
@@
-VFIO_PCI_INDEX_TO_OFFSET@p(e)
+vfio_pci_offset_legacy(e)
