// SPDX-License-Identifier: GPL-2.0-only
/* Opens a PCI function through VFIO's group interface and describes its regions. */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/pci_regs.h>

#include "complain.h"
#include "files.h"
#include "macros.h"
#include "vfio.h"

/* Far more than any list of capabilities needs. */
#define REGION_INFO_MAX	0x100000

/* The second call has room for the answer unless that has grown in between. */
#define REGION_INFO_TRIES	8

#define COMMAND_DECODE	(PCI_COMMAND_MEMORY | PCI_COMMAND_IO)

static int complain_open(const char *path, int err)
{
	if (err == EACCES || err == EPERM)
		return complain("permission denied for %s: run as root, or chown it to your user",
				path);
	return complain("cannot open %s: %s", path, strerror(err));
}

static int complain_no_group_file(const struct device *dev, const char *path)
{
	static const char hint[] = "vfio-bar needs CONFIG_VFIO_GROUP, which this kernel may lack";
	char dir[PATH_MAX];

	if (!function_has_vfio_driver(&dev->func))
		return function_complain_unbound(&dev->func);
	if (make_path(dir, sizeof(dir), "%s/vfio", dev_root()))
		return -1;
	if (access(dir, F_OK))
		return complain("%s is missing: load VFIO with 'modprobe vfio-pci'", dir);
	return complain("%s is missing though %s is bound to %s: %s", path, dev->func.bdf,
			dev->func.driver, hint);
}

static int open_group(struct device *dev)
{
	const char *number = dev->func.group;
	char path[PATH_MAX];

	if (make_path(path, sizeof(path), "%s/vfio/noiommu-%s", dev_root(), number))
		return -1;
	dev->group = open(path, O_RDWR | O_CLOEXEC);
	dev->noiommu = dev->group >= 0 || errno != ENOENT;

	if (!dev->noiommu) {
		if (make_path(path, sizeof(path), "%s/vfio/%s", dev_root(), number))
			return -1;
		dev->group = open(path, O_RDWR | O_CLOEXEC);
	}
	if (dev->group >= 0)
		return 0;

	switch (errno) {
	case ENOENT:
		return complain_no_group_file(dev, path);
	case EBUSY:
		return complain("IOMMU group %s is busy: 'fuser -v %s' shows who has it open",
				number, path);
	default:
		return complain_open(path, errno);
	}
}

static int open_container(struct device *dev)
{
	char path[PATH_MAX];

	if (make_path(path, sizeof(path), "%s/vfio/vfio", dev_root()))
		return -1;
	dev->container = open(path, O_RDWR | O_CLOEXEC);
	if (dev->container < 0 && errno == ENOENT)
		return complain("%s is missing: load VFIO with 'modprobe vfio-pci'", path);
	if (dev->container < 0)
		return complain_open(path, errno);

	if (ioctl(dev->container, VFIO_GET_API_VERSION) != VFIO_API_VERSION)
		return complain("%s does not have version %d of the VFIO API", path,
				VFIO_API_VERSION);
	return 0;
}

static int check_viable(struct device *dev)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };

	if (ioctl(dev->group, VFIO_GROUP_GET_STATUS, &status))
		return function_complain_group(&dev->func, errno);
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE))
		return function_complain_group(&dev->func, 0);
	return 0;
}

static int set_iommu(struct device *dev)
{
	static const int with_iommu[] = { VFIO_TYPE1v2_IOMMU, VFIO_TYPE1_IOMMU, 0 };
	static const int without_iommu[] = { VFIO_NOIOMMU_IOMMU, 0 };
	static const char unsafe[] =
		"without interrupt remapping, load vfio_iommu_type1 with allow_unsafe_interrupts=1";
	const int *type = dev->noiommu ? without_iommu : with_iommu;

	if (ioctl(dev->group, VFIO_GROUP_SET_CONTAINER, &dev->container))
		return complain("cannot add IOMMU group %s to a container: %s",
				dev->func.group, strerror(errno));

	while (*type && ioctl(dev->container, VFIO_CHECK_EXTENSION, *type) <= 0)
		type++;
	if (!*type)
		return complain("VFIO cannot use this IOMMU: try 'modprobe vfio_iommu_type1'");

	if (!ioctl(dev->container, VFIO_SET_IOMMU, *type))
		return 0;
	if (errno == EPERM)
		return complain("not permitted to use the IOMMU (see the kernel log): %s",
				unsafe);
	return complain("cannot use the IOMMU: %s", strerror(errno));
}

static int open_device_fd(struct device *dev)
{
	dev->fd = ioctl(dev->group, VFIO_GROUP_GET_DEVICE_FD, dev->func.bdf);
	if (dev->fd >= 0)
		return fcntl(dev->fd, F_SETFD, FD_CLOEXEC);

	if (errno == ENODEV && !function_has_vfio_driver(&dev->func))
		return function_complain_unbound(&dev->func);
	if (errno == EBUSY)
		return complain("%s is busy: another process has it open", dev->func.bdf);
	return complain("cannot open %s through IOMMU group %s: %s (see the kernel log)",
			dev->func.bdf, dev->func.group, strerror(errno));
}

/* Asks with room for @wanted bytes. info->argsz then says how many the answer needs. */
static int ask_region(struct device *dev, unsigned int index, struct region *region, size_t wanted)
{
	struct vfio_region_info *info = NULL;

	if (wanted <= REGION_INFO_MAX)
		info = realloc(region->info, wanted);
	if (!info)
		return complain("region info of %s has %zu bytes, which is too large",
				dev->func.bdf, wanted);

	memset(info, 0, wanted);
	info->argsz = wanted;
	info->index = index;
	region->info = info;
	region->info_size = wanted;

	if (ioctl(dev->fd, VFIO_DEVICE_GET_REGION_INFO, info))
		return complain("cannot get the info of region %u of %s: %s", index, dev->func.bdf,
				strerror(errno));
	return 0;
}

static int ask_until_it_fits(struct device *dev, unsigned int index, struct region *region)
{
	size_t wanted = sizeof(*region->info);
	unsigned int tries;

	for (tries = 0; tries < REGION_INFO_TRIES; tries++) {
		if (ask_region(dev, index, region, wanted))
			return -1;
		wanted = region->info->argsz;
		if (wanted <= region->info_size)
			return 0;
	}
	return complain("the info of region %u of %s grows with every call", index,
			dev->func.bdf);
}

static int check_region(const struct device *dev, unsigned int index,
			const struct vfio_region_info *info)
{
	if (info->offset > LLONG_MAX || info->size > LLONG_MAX ||
	    info->offset + info->size > LLONG_MAX)
		return complain("region %u of %s ends beyond the largest file offset", index,
				dev->func.bdf);
	return 0;
}

int region_open(struct device *dev, unsigned int index, struct region *region)
{
	memset(region, 0, sizeof(*region));
	if (ask_until_it_fits(dev, index, region) || check_region(dev, index, region->info)) {
		region_close(region);
		return -1;
	}
	return 0;
}

void region_close(struct region *region)
{
	free(region->info);
	memset(region, 0, sizeof(*region));
}

/*
 * Gets the capability after the one at *@pos, the first if *@pos is 0. Returns 1 with
 * *@pos and *@cap set, 0 at the end of the list, -1 if the list is broken: it leaves the
 * info or runs backwards.
 */
int region_next_cap(const struct region *region, size_t *pos, struct vfio_info_cap_header *cap)
{
	const struct vfio_region_info *info = region->info;
	size_t next = *pos ? cap->next : info->cap_offset;

	if (!(info->flags & VFIO_REGION_INFO_FLAG_CAPS) || !next)
		return 0;
	if (next < sizeof(*info) || next <= *pos || next > region->info_size - sizeof(*cap))
		return -1;

	memcpy(cap, (const char *)info + next, sizeof(*cap));
	*pos = next;
	return 1;
}

/*
 * Bytes of the capability at @pos with its header: up to the next one or the end of the
 * info. region_next_cap() checks where the next one is.
 */
size_t region_cap_size(const struct region *region, size_t pos)
{
	struct vfio_info_cap_header cap;

	memcpy(&cap, (const char *)region->info + pos, sizeof(cap));
	if (cap.next > pos && cap.next < region->info_size)
		return cap.next - pos;
	return region->info_size - pos;
}

/* Gets the access widths of a region. Returns false if the kernel has no such feature. */
bool device_region_access(struct device *dev, unsigned int index,
			  struct vfio_device_feature_region_access *access)
{
	union {
		struct vfio_device_feature feature;
		char bytes[sizeof(struct vfio_device_feature) + sizeof(*access)];
	} arg = {
		.feature.argsz = sizeof(arg.bytes),
		.feature.flags = VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_REGION_ACCESS,
	};

	memset(access, 0, sizeof(*access));
	access->index = index;
	memcpy(arg.feature.data, access, sizeof(*access));
	if (ioctl(dev->fd, VFIO_DEVICE_FEATURE, &arg))
		return false;
	memcpy(access, arg.feature.data, sizeof(*access));

	return true;
}

const char *region_name(unsigned int index)
{
	static const char *const names[] = {
		"BAR 0", "BAR 1", "BAR 2", "BAR 3", "BAR 4", "BAR 5", "ROM",
	};

	return index < ARRAY_SIZE(names) ? names[index] : "region";
}

/* Configuration space is little endian on every machine. */
int device_config_read(struct device *dev, unsigned int pos, unsigned int width,
		       unsigned int *value)
{
	unsigned char bytes[4];
	ssize_t n = pread(dev->fd, bytes, width, dev->config_offset + pos);

	if (n != (ssize_t)width)
		return complain("cannot read %u bytes of configuration space at 0x%x: %s", width,
				pos, n < 0 ? strerror(errno) : "short count");

	*value = 0;
	while (width--)
		*value = *value << 8 | bytes[width];
	return 0;
}

static int set_command(struct device *dev, unsigned int command)
{
	unsigned char bytes[2] = { command & 0xff, command >> 8 };
	ssize_t n = pwrite(dev->fd, bytes, sizeof(bytes), dev->config_offset + PCI_COMMAND);

	if (n != (ssize_t)sizeof(bytes))
		return complain("cannot write the PCI command register of %s: %s",
				dev->func.bdf, n < 0 ? strerror(errno) : "short count");
	return 0;
}

static int setup_config(struct device *dev, bool decode)
{
	struct region config;

	if (region_open(dev, VFIO_PCI_CONFIG_REGION_INDEX, &config))
		return -1;
	dev->config_offset = config.info->offset;
	region_close(&config);

	if (device_config_read(dev, PCI_COMMAND, 2, &dev->found_command))
		return -1;
	dev->command = dev->found_command;
	if (!decode || (dev->command & COMMAND_DECODE) == COMMAND_DECODE)
		return 0;

	if (set_command(dev, dev->command | COMMAND_DECODE))
		return -1;
	return device_config_read(dev, PCI_COMMAND, 2, &dev->command);
}

static int check_pci(struct device *dev)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	if (ioctl(dev->fd, VFIO_DEVICE_GET_INFO, &info))
		return complain("cannot get the VFIO info of %s: %s", dev->func.bdf,
				strerror(errno));
	if (!(info.flags & VFIO_DEVICE_FLAGS_PCI) ||
	    info.num_regions <= VFIO_PCI_CONFIG_REGION_INDEX)
		return complain("VFIO does not report %s as a PCI device", dev->func.bdf);
	return 0;
}

/* @decode enables memory and I/O decoding until device_close(). */
int device_open(struct device *dev, const char *bdf, bool decode)
{
	memset(dev, 0, sizeof(*dev));
	dev->container = -1;
	dev->group = -1;
	dev->fd = -1;

	if (function_find(&dev->func, bdf) || open_group(dev) || check_viable(dev) ||
	    open_container(dev) || set_iommu(dev) || open_device_fd(dev) || check_pci(dev) ||
	    setup_config(dev, decode)) {
		device_close(dev);
		return -1;
	}
	return 0;
}

void device_close(struct device *dev)
{
	if (dev->fd >= 0) {
		if (dev->command != dev->found_command)
			set_command(dev, dev->found_command);
		close(dev->fd);
	}
	if (dev->group >= 0)
		close(dev->group);
	if (dev->container >= 0)
		close(dev->container);
}

/*
 * Moves @cap to the next capability, to the first if @cap is all zero. Returns 1, or 0 at
 * the end of the list.
 */
int device_next_cap(struct device *dev, struct cap *cap)
{
	unsigned int value = 0;

	if (!cap->pos) {
		if (device_config_read(dev, PCI_STATUS, 2, &value))
			return -1;
		if (!(value & PCI_STATUS_CAP_LIST))
			return 0;
		if (device_config_read(dev, PCI_CAPABILITY_LIST, 1, &cap->next))
			return -1;
		cap->left = 48;
	}

	cap->pos = cap->next & ~3U;
	if (cap->pos < PCI_STD_HEADER_SIZEOF || !cap->left--)
		return 0;
	if (device_config_read(dev, cap->pos, 2, &value))
		return -1;
	cap->id = value & 0xff;
	cap->next = value >> 8;
	return 1;
}

/*
 * Gets the location of the MSI-X table from the capability in configuration space. Size 0
 * means that the function has none.
 */
int device_msix_table(struct device *dev, unsigned int *index, struct area *table)
{
	struct cap cap = { .pos = 0 };
	unsigned int value = 0;
	int more;

	memset(table, 0, sizeof(*table));
	do {
		more = device_next_cap(dev, &cap);
		if (more <= 0)
			return more;
	} while (cap.id != PCI_CAP_ID_MSIX);

	if (device_config_read(dev, cap.pos + PCI_MSIX_FLAGS, 2, &value))
		return -1;
	table->size = ((value & PCI_MSIX_FLAGS_QSIZE) + 1) * PCI_MSIX_ENTRY_SIZE;
	if (device_config_read(dev, cap.pos + PCI_MSIX_TABLE, 4, &value))
		return -1;
	table->offset = value & PCI_MSIX_TABLE_OFFSET;
	*index = value & PCI_MSIX_TABLE_BIR;
	return 0;
}
