// SPDX-License-Identifier: GPL-2.0-only
/* Finds a PCI function, its driver and its IOMMU group in sysfs. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "complain.h"
#include "files.h"
#include "function.h"

/* The last component of the target of symlink @path, "" if there is no such link. */
static void link_target(const char *path, char *name, size_t len)
{
	char target[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof(target) - 1);
	const char *slash;

	name[0] = '\0';
	if (n <= 0)
		return;

	target[n] = '\0';
	slash = strrchr(target, '/');
	slash = slash ? slash + 1 : target;
	n = strlen(slash);
	if ((size_t)n < len)
		memcpy(name, slash, n + 1);
}

int function_find(struct function *func, const char *bdf)
{
	static const char enable[] =
		"enable the IOMMU in the firmware, on Intel also boot with intel_iommu=on";
	static const char without[] = "load vfio with enable_unsafe_noiommu_mode=1";
	char dir[PATH_MAX], path[PATH_MAX];

	memset(func, 0, sizeof(*func));
	snprintf(func->bdf, sizeof(func->bdf), "%s", bdf);

	if (make_path(dir, sizeof(dir), "%s/bus/pci/devices/%s", sysfs_root(), func->bdf))
		return -1;
	if (access(dir, F_OK))
		return complain("no PCI device %s: 'lspci -D' lists the addresses",
				func->bdf);

	if (make_path(path, sizeof(path), "%s/driver", dir))
		return -1;
	link_target(path, func->driver, sizeof(func->driver));

	if (make_path(path, sizeof(path), "%s/iommu_group", dir))
		return -1;
	link_target(path, func->group, sizeof(func->group));
	if (!func->group[0])
		return complain("%s has no IOMMU group: %s; or %s", func->bdf, enable, without);
	return 0;
}

/* A guess by name, for messages only. Opening the device shows whether VFIO has it. */
static bool is_vfio_driver(const char *driver)
{
	return strstr(driver, "vfio");
}

bool function_has_vfio_driver(const struct function *func)
{
	return is_vfio_driver(func->driver);
}

int function_complain_unbound(const struct function *func)
{
	const char *bdf = func->bdf, *driver = func->driver[0] ? func->driver : "none";
	char override[128], unbind[128] = "", probe[128];

	snprintf(override, sizeof(override),
		 "echo vfio-pci > /sys/bus/pci/devices/%s/driver_override", bdf);
	if (func->driver[0])
		snprintf(unbind, sizeof(unbind),
			 "echo %s > /sys/bus/pci/devices/%s/driver/unbind; ", bdf, bdf);
	snprintf(probe, sizeof(probe), "echo %s > /sys/bus/pci/drivers_probe", bdf);

	return complain("%s is not bound to vfio-pci (driver: %s): run modprobe vfio-pci; %s; %s%s",
			bdf, driver, override, unbind, probe);
}

/* Drivers that do no DMA of their own leave the group viable. */
static bool blocks_group(const char *driver)
{
	return driver[0] && !is_vfio_driver(driver) && strcmp(driver, "pci-stub") &&
	       strcmp(driver, "pcieport");
}

/* Lists "BDF (DRIVER)" of every device that keeps the group from being viable. */
static int list_blockers(const struct function *func, char *list, size_t len)
{
	char dir[PATH_MAX], path[PATH_MAX], driver[DRIVER_LEN];
	struct dirent *entry;
	size_t used = 0;
	DIR *devices;

	list[0] = '\0';
	if (make_path(dir, sizeof(dir), "%s/bus/pci/devices/%s/iommu_group/devices",
		      sysfs_root(), func->bdf))
		return -1;

	devices = opendir(dir);
	if (!devices)
		return complain("cannot list %s: %s", dir, strerror(errno));

	while ((entry = readdir(devices))) {
		if (entry->d_name[0] == '.' ||
		    make_path(path, sizeof(path), "%s/%s/driver", dir, entry->d_name))
			continue;
		link_target(path, driver, sizeof(driver));
		if (blocks_group(driver) && used < len)
			used += snprintf(list + used, len - used, "%s%s (%s)",
					 used ? ", " : "", entry->d_name, driver);
	}
	closedir(devices);
	return 0;
}

/*
 * Reports why the group of @func cannot be used. @err is the error of
 * VFIO_GROUP_GET_STATUS, 0 if it returned that the group is not viable.
 */
int function_complain_group(const struct function *func, int err)
{
	char list[1024];

	if (blocks_group(func->driver))
		return function_complain_unbound(func);
	if (list_blockers(func, list, sizeof(list)))
		return -1;
	if (list[0])
		return complain("IOMMU group %s is not viable: bind to vfio-pci, or unbind: %s",
				func->group, list);
	if (err)
		return complain("cannot get the status of IOMMU group %s: %s", func->group,
				strerror(err));
	return complain("IOMMU group %s is not viable (see /sys/kernel/iommu_groups/%s/devices)",
			func->group, func->group);
}

/* Gets the IORESOURCE_* flags of BAR or ROM @index. Returns false if sysfs has none. */
bool function_resource_flags(const struct function *func, unsigned int index,
			     unsigned long long *flags)
{
	char path[PATH_MAX], line[128];
	unsigned long long start, end;
	bool found = false;
	unsigned int i;
	FILE *file;

	if (make_path(path, sizeof(path), "%s/bus/pci/devices/%s/resource", sysfs_root(),
		      func->bdf))
		return false;
	file = fopen(path, "re");
	if (!file)
		return false;

	for (i = 0; i <= index && fgets(line, sizeof(line), file); i++)
		found = i == index && sscanf(line, "%llx %llx %llx", &start, &end, flags) == 3;
	fclose(file);
	return found;
}
