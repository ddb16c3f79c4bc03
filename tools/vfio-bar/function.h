/* SPDX-License-Identifier: GPL-2.0-only */
/* A PCI function, its driver and its IOMMU group, as sysfs shows them. */
#ifndef FUNCTION_H
#define FUNCTION_H

#include <stdbool.h>

#define BDF_LEN		24
#define DRIVER_LEN	64
#define GROUP_LEN	16

/**
 * struct function - a PCI function
 * @bdf: its name in sysfs
 * @driver: the driver it is bound to, "" if none
 * @group: number of its IOMMU group
 */
struct function {
	char bdf[BDF_LEN];
	char driver[DRIVER_LEN];
	char group[GROUP_LEN];
};

int function_find(struct function *func, const char *bdf);
bool function_has_vfio_driver(const struct function *func);
int function_complain_unbound(const struct function *func);
int function_complain_group(const struct function *func, int err);
bool function_resource_flags(const struct function *func, unsigned int index,
			     unsigned long long *flags);

#endif
