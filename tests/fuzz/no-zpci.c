// SPDX-License-Identifier: GPL-2.0-only
/* A function's table and limit on a kernel without zPCI. */

#include "vfio_pci_io.h"

#include "fuzz.h"

const struct vfio_pci_io_ops *fuzz_platform_ops(struct pci_dev *pdev)
{
	return vfio_pci_io_platform_ops(pdev);
}

u32 fuzz_platform_limit(struct pci_dev *pdev)
{
	return vfio_pci_io_platform_limit(pdev);
}
