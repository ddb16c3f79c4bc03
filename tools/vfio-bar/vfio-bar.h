/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vfio-bar: reads and writes the BARs of a PCI function through VFIO, one
 * system call for one request.
 *
 * Functions that return int give 0 for success and a negative value for
 * failure unless their comment says otherwise; whoever finds a failure tells
 * the user with complain(), its callers only pass the value on.
 */
#ifndef VFIO_BAR_H
#define VFIO_BAR_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/vfio.h>

#include "region-access.h"

#ifndef VFIO_BAR_VERSION
#define VFIO_BAR_VERSION "0.1"
#endif

/* A longer request is refused: it has to fit into memory, and into one pread or pwrite. */
#define REQUEST_MAX	0x40000000ULL

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#define __printf(fmt, args)	__attribute((format(printf, fmt, args)))

#define BDF_LEN		24
#define DRIVER_LEN	64
#define GROUP_LEN	16

/**
 * struct function - a PCI function as sysfs describes it
 * @bdf: its name in sysfs
 * @driver: the driver it is bound to, "" if none
 * @group: number of its IOMMU group
 */
struct function {
	char bdf[BDF_LEN];
	char driver[DRIVER_LEN];
	char group[GROUP_LEN];
};

/**
 * struct device - a function opened through VFIO
 * @func: which function
 * @container: descriptor of the VFIO container, -1 if not open
 * @group: descriptor of the group, -1 if not open
 * @fd: descriptor of the device, -1 if not open
 * @noiommu: the group is one without an IOMMU
 * @config_offset: where configuration space lies in @fd
 * @found_command: PCI command register as it was when the device was opened
 * @command: PCI command register as it is now
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
 * struct region - what VFIO tells about one region of a device
 * @info: fixed part, followed by the capabilities
 * @info_size: bytes allocated at @info
 */
struct region {
	struct vfio_region_info *info;
	size_t info_size;
};

/* An area inside a BAR; size 0 means there is none. */
struct area {
	unsigned long long offset;
	unsigned long long size;
};

/* vfio-bar.c */
int complain(const char *fmt, ...) __printf(1, 2);

/* parse.c: these return NULL, or what is wrong with the text */
const char *parse_number(const char *text, bool suffix, unsigned long long *number);
const char *parse_bdf(const char *text, char bdf[BDF_LEN]);
const char *parse_bar(const char *text, unsigned int *index);
const char *parse_value(const char *text, unsigned char bytes[8], size_t *width);
const char *parse_hex(const char *text, unsigned char **bytes, size_t *count);

/* sysfs.c */
const char *sysfs_root(void);
const char *dev_root(void);
int make_path(char *path, size_t len, const char *fmt, ...) __printf(3, 4);
int function_find(struct function *func, const char *bdf);
bool function_has_vfio_driver(const struct function *func);
int function_complain_unbound(const struct function *func);
int function_complain_group(const struct function *func, int err);
bool function_resource_flags(const struct function *func, unsigned int index,
			     unsigned long long *flags);

/* vfio.c */
int device_open(struct device *dev, const char *bdf, bool decode);
void device_close(struct device *dev);
int device_config_read(struct device *dev, unsigned int pos, unsigned int width,
		       unsigned int *value);
int device_msix_table(struct device *dev, unsigned int *index, struct area *table);
int region_open(struct device *dev, unsigned int index, struct region *region);
void region_close(struct region *region);
int region_next_cap(const struct region *region, size_t *pos, struct vfio_info_cap_header *cap);
size_t region_cap_size(const struct region *region, size_t pos);
bool device_region_access(struct device *dev, unsigned int index,
			  struct vfio_device_feature_region_access *access);
const char *region_name(unsigned int index);

/* info.c */
int info_print(struct device *dev);

#endif
