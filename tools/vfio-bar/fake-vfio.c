// SPDX-License-Identifier: GPL-2.0-only
/*
 * Plays VFIO for tests of vfio-bar that have no device: a library to preload
 * that answers VFIO's ioctls and keeps a record of every pread and pwrite of
 * the device. Environment:
 *
 *   FAKE_VFIO_FAIL     NAME=NUMBER, space separated: group, container, attach,
 *                      iommu, device, rw fail with that errno; short=N carries
 *                      N bytes at most; status=0 makes the group not viable;
 *                      caps=1 breaks the list of capabilities
 *   FAKE_VFIO_COMMAND  PCI command register at the start (default 0)
 *   FAKE_VFIO_LOG      file that gets one line per request
 *
 * The device: BAR 0 is memory of 1 MiB, BAR 2 has 16 KiB, an MSI-X table and
 * capabilities, BAR 4 is 32 I/O ports, the ROM has 64 KiB. Byte i of a BAR reads
 * as i % 251. As in the kernel, a request that passes the BAR's end is clipped
 * and one without memory decoding gives EIO.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include "vfio-bar.h"

#define INDEX_SHIFT	40

static const unsigned long long sizes[] = {
	[0] = 0x100000, [2] = 0x4000, [4] = 32,
	[VFIO_PCI_ROM_REGION_INDEX] = 0x10000,
	[VFIO_PCI_CONFIG_REGION_INDEX] = 256,
};

static int device = -1;
static unsigned char config[256];

static long setting(const char *name, long usual)
{
	const char *text = getenv("FAKE_VFIO_FAIL");
	const char *found = text ? strstr(text, name) : NULL;

	return found && found[strlen(name)] == '=' ? atol(found + strlen(name) + 1) : usual;
}

static int fails(const char *name)
{
	errno = setting(name, 0);
	return errno ? -1 : 0;
}

static void put_le(unsigned int pos, unsigned int width, unsigned int value)
{
	while (width--) {
		config[pos++] = value;
		value >>= 8;
	}
}

static int make_device(void)
{
	const char *command = getenv("FAKE_VFIO_COMMAND");

	put_le(PCI_VENDOR_ID, 2, 0x1234);
	put_le(PCI_DEVICE_ID, 2, 0xabcd);
	put_le(PCI_COMMAND, 2, command ? strtoul(command, NULL, 0) : 0);
	put_le(PCI_STATUS, 2, PCI_STATUS_CAP_LIST);
	put_le(PCI_CAPABILITY_LIST, 1, 0x40);
	put_le(0x40, 2, 0x5000 | PCI_CAP_ID_PM);
	put_le(0x50, 2, PCI_CAP_ID_MSIX);
	put_le(0x50 + PCI_MSIX_FLAGS, 2, 4);
	put_le(0x50 + PCI_MSIX_TABLE, 4, 0x2000 | 2);

	device = memfd_create("fake-vfio", 0);
	return device;
}

static int get_region_info(struct vfio_region_info *info)
{
	struct {
		struct vfio_region_info info;
		struct vfio_info_cap_header sparse;
		unsigned int nr_areas, reserved;
		struct vfio_region_sparse_mmap_area areas[2];
		struct vfio_info_cap_header mappable, other;
	} full = { .info = *info };
	unsigned int index = info->index;

	if (index >= ARRAY_SIZE(sizes)) {
		errno = EINVAL;
		return -1;
	}
	full.info.size = sizes[index];
	full.info.offset = (unsigned long long)index << INDEX_SHIFT;
	full.info.flags = sizes[index] ? VFIO_REGION_INFO_FLAG_READ : 0;
	if (sizes[index] && index != VFIO_PCI_ROM_REGION_INDEX)
		full.info.flags |= VFIO_REGION_INFO_FLAG_WRITE;
	if (index == 0 || index == 2)
		full.info.flags |= VFIO_REGION_INFO_FLAG_MMAP;
	if (index == 2) {
		full.info.flags |= VFIO_REGION_INFO_FLAG_CAPS;
		full.info.argsz = sizeof(full);
	}
	if (index != 2 || info->argsz < sizeof(full)) {
		*info = full.info;
		return 0;
	}

	full.info.cap_offset = (char *)&full.sparse - (char *)&full;
	full.sparse.id = VFIO_REGION_INFO_CAP_SPARSE_MMAP;
	full.sparse.version = 1;
	full.sparse.next = (char *)&full.mappable - (char *)&full;
	full.nr_areas = 2;
	full.areas[0].size = 0x2000;
	full.areas[1].offset = 0x3000;
	full.areas[1].size = 0x1000;
	full.mappable.id = VFIO_REGION_INFO_CAP_MSIX_MAPPABLE;
	full.mappable.version = 1;
	full.mappable.next = (char *)&full.other - (char *)&full;
	full.other.id = 77;
	full.other.version = 3;
	if (setting("caps", 0))
		full.other.next = full.info.cap_offset;
	memcpy(info, &full, sizeof(full));
	return 0;
}

static int answer(unsigned long request, void *arg)
{
	struct vfio_group_status *status = arg;
	struct vfio_device_info *info = arg;

	switch (request) {
	case VFIO_GET_API_VERSION:
		return VFIO_API_VERSION;
	case VFIO_CHECK_EXTENSION:
		return (long)arg == setting("type", VFIO_TYPE1v2_IOMMU);
	case VFIO_GROUP_GET_STATUS:
		status->flags = setting("status", VFIO_GROUP_FLAGS_VIABLE);
		return 0;
	case VFIO_GROUP_SET_CONTAINER:
		return fails("attach");
	case VFIO_SET_IOMMU:
		return fails("iommu");
	case VFIO_GROUP_GET_DEVICE_FD:
		return fails("device") ? -1 : make_device();
	case VFIO_DEVICE_GET_INFO:
		info->flags = VFIO_DEVICE_FLAGS_PCI;
		info->num_regions = VFIO_PCI_NUM_REGIONS;
		return 0;
	case VFIO_DEVICE_GET_REGION_INFO:
		return get_region_info(arg);
	default:
		errno = ENOTTY;
		return -1;
	}
}

static void record(const char *what, unsigned long long pos, const unsigned char *bytes,
		   size_t count)
{
	const char *path = getenv("FAKE_VFIO_LOG");
	FILE *file = path ? fopen(path, "a") : NULL;
	size_t i;

	if (!file)
		return;
	fprintf(file, "%s %llu 0x%llx %zu", what, pos >> INDEX_SHIFT,
		pos & ((1ULL << INDEX_SHIFT) - 1), count);
	for (i = 0; bytes && i < count && i < 16; i++)
		fprintf(file, "%s%02x", i ? "" : " ", bytes[i]);
	fputc('\n', file);
	fclose(file);
}

/* How many bytes of a request get through, -1 with errno for none. */
static ssize_t carried(unsigned int index, unsigned long long offset, size_t count)
{
	if (index >= ARRAY_SIZE(sizes) || offset >= sizes[index]) {
		errno = EINVAL;
		return -1;
	}
	if (count > sizes[index] - offset)
		count = sizes[index] - offset;
	if (index == VFIO_PCI_CONFIG_REGION_INDEX)
		return count;

	if (index != 4 && !(config[PCI_COMMAND] & PCI_COMMAND_MEMORY)) {
		errno = EIO;
		return -1;
	}
	if (fails("rw"))
		return -1;
	return setting("short", count) < (long)count ? setting("short", count) : (long)count;
}

static ssize_t fake_read(void *buf, size_t count, unsigned long long pos)
{
	unsigned long long offset = pos & ((1ULL << INDEX_SHIFT) - 1);
	unsigned int index = pos >> INDEX_SHIFT;
	ssize_t i, n = carried(index, offset, count);

	if (index != VFIO_PCI_CONFIG_REGION_INDEX)
		record("read", pos, NULL, count);
	for (i = 0; i < n; i++) {
		if (index == VFIO_PCI_CONFIG_REGION_INDEX)
			((unsigned char *)buf)[i] = config[offset + i];
		else
			((unsigned char *)buf)[i] = (offset + i) % 251;
	}
	return n;
}

static ssize_t fake_write(const void *buf, size_t count, unsigned long long pos)
{
	unsigned long long offset = pos & ((1ULL << INDEX_SHIFT) - 1);
	unsigned int index = pos >> INDEX_SHIFT;
	ssize_t n = carried(index, offset, count);

	record("write", pos, buf, count);
	if (n > 0 && index == VFIO_PCI_CONFIG_REGION_INDEX)
		memcpy(config + offset, buf, n);
	return n;
}

/* What vfio-bar calls, in place of the C library's: */

int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	(void)fd;
	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	return answer(request, arg);
}

int open64(const char *path, int flags, ...)
{
	const char *name = strrchr(path, '/');
	int fd = openat(AT_FDCWD, path, flags);

	if (fd >= 0 && strstr(path, "/vfio/") &&
	    fails(strcmp(name, "/vfio") ? "group" : "container"))
		return -1;
	return fd;
}

ssize_t pread64(int fd, void *buf, size_t count, off64_t pos)
{
	if (fd == device)
		return fake_read(buf, count, pos);
	errno = EBADF;
	return -1;
}

ssize_t pwrite64(int fd, const void *buf, size_t count, off64_t pos)
{
	if (fd == device)
		return fake_write(buf, count, pos);
	errno = EBADF;
	return -1;
}
