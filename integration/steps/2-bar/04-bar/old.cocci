// SPDX-License-Identifier: GPL-2.0-only
// The old path.
// in drivers/vfio/pci/vfio_pci_rdwr.c
// match path 1

@path@
position p;
@@
-ssize_t vfio_pci_bar_rw@p(...)
-{ ... }
