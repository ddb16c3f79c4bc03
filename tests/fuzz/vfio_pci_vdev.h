/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a kernel with the series has, but that there may be no lock: the livepatch's is
 * allocated by the first who needs it.
 */
#ifndef FUZZ_VFIO_PCI_VDEV_H
#define FUZZ_VFIO_PCI_VDEV_H

#include "in-tree/vfio_pci_vdev.h"

struct mutex *fuzz_rom_lock(struct vfio_pci_core_device *vdev);

#ifndef FUZZ_WORLD
#define vfio_pci_core_rom_lock fuzz_rom_lock
#endif

#endif
