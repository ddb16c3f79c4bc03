/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As in a kernel with the series, but there may be no ROM lock: in the livepatch, its
 * first user allocates it.
 */
#ifndef FUZZ_VFIO_PCI_VDEV_H
#define FUZZ_VFIO_PCI_VDEV_H

#include "in-tree/vfio_pci_vdev.h"

struct mutex *fuzz_rom_lock(struct vfio_pci_core_device *vdev);

#ifndef FUZZ_WORLD
#define vfio_pci_core_rom_lock fuzz_rom_lock
#endif

#endif
