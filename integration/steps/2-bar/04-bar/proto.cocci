// SPDX-License-Identifier: GPL-2.0-only
// in drivers/vfio/pci/vfio_pci_priv.h
// match proto 1

@proto@
position p;
@@
-ssize_t vfio_pci_bar_rw@p(...);
