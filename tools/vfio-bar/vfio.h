/* SPDX-License-Identifier: GPL-2.0-only */
/* A PCI function opened through VFIO, its regions and its configuration space. */
#ifndef VFIO_BAR_VFIO_H
#define VFIO_BAR_VFIO_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/vfio.h>

#include "function.h"
#include "region-access.h"

/**
 * struct device - a function opened through VFIO
 * @func: the function
 * @container: file descriptor of the VFIO container, -1 if not open
 * @group: file descriptor of the group, -1 if not open
 * @fd: file descriptor of the device, -1 if not open
 * @noiommu: the group has no IOMMU
 * @config_offset: offset of configuration space in @fd
 * @found_command: PCI command register when the device was opened
 * @command: PCI command register now
 */
struct device {
	struct function func;
	int container;
	int group;
	int fd;
	bool noiommu;
	unsigned long long config_offset;
	unsigned int found_command;
	unsigned int command;
};

/**
 * struct region - what VFIO_DEVICE_GET_REGION_INFO returns for one region
 * @info: fixed part, followed by the capabilities
 * @info_size: bytes allocated at @info
 */
struct region {
	struct vfio_region_info *info;
	size_t info_size;
};

/**
 * struct cap - a position in the list of PCI capabilities
 * @pos: offset of the capability in configuration space, 0 before the first
 * @id: capability ID
 * @next: offset of the next capability
 * @left: how many more there can be
 */
struct cap {
	unsigned int pos;
	unsigned int id;
	unsigned int next;
	unsigned int left;
};

/* A range inside a BAR; size 0 means there is none. */
struct area {
	unsigned long long offset;
	unsigned long long size;
};

int device_open(struct device *dev, const char *bdf, bool decode);
void device_close(struct device *dev);
int device_config_read(struct device *dev, unsigned int pos, unsigned int width,
		       unsigned int *value);
int device_next_cap(struct device *dev, struct cap *cap);
int device_msix_table(struct device *dev, unsigned int *index, struct area *table);
bool device_region_access(struct device *dev, unsigned int index,
			  struct vfio_device_feature_region_access *access);

int region_open(struct device *dev, unsigned int index, struct region *region);
void region_close(struct region *region);
int region_next_cap(const struct region *region, size_t *pos, struct vfio_info_cap_header *cap);
size_t region_cap_size(const struct region *region, size_t pos);
const char *region_name(unsigned int index);

#endif
