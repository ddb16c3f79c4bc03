/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The access width limits that the administrator sets: bar_max_width=.
 */
#ifndef VFIO_PCI_IO_LIMIT_H
#define VFIO_PCI_IO_LIMIT_H

#include <linux/kconfig.h>
#include <linux/types.h>

struct kernel_param;
struct pci_dev;

u32 vfio_pci_io_width_limit(struct pci_dev *pdev);

#if IS_ENABLED(CONFIG_KUNIT)
int vfio_pci_io_set_limits(const char *val, const struct kernel_param *kp);
int vfio_pci_io_get_limits(char *buf, const struct kernel_param *kp);
#endif

#endif /* VFIO_PCI_IO_LIMIT_H */
