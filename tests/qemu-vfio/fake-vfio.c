// SPDX-License-Identifier: GPL-2.0-only
/*
 * A fake VFIO for QEMU, to test qemu/steps without a kernel and a device: a library to
 * preload that answers the ioctls of a group with one zPCI function, and logs each pread
 * and pwrite of a BAR. Environment:
 *
 *   FAKE_VFIO      NAME=NUMBER, space separated:
 *                  ism=1        an ISM function: MSI, relaxed alignment, its type in CLP;
 *                               without it, MSI-X and strict alignment
 *                  type=N       the type in CLP; 0 is what QEMU reports to its guest
 *                  feature=1    the kernel has VFIO_DEVICE_FEATURE_REGION_ACCESS
 *                  block=N      widest write that the feature reports; without it 128, 4096
 *                               for ISM
 *                  hole=1       the feature reports a hole in BAR 0, 32 bytes at 0x400, which
 *                               kernels do only where the MSI-X table is
 *                  maxstbl=N    maxstbl in the zPCI capability; default 128
 *                  group=N      the host's group of the function; default 1
 *                  dma=1        also log maps and unmaps: map|unmap ADDRESS
 *                  avail=N      the kernel allows N DMA mappings, and says so when asked
 *                  refresh=0    the guest need not refresh new translations
 *   FAKE_VFIO_LOG  file that gets one line for each request on a BAR:
 *
 *                    read|write BAR OFFSET COUNT RETURN BYTES
 *
 * The device: BAR 0 has 1 MiB, BAR 2 has 8 KiB and an MSI-X table; the first page of both
 * keeps what is written. In BAR 0, requests that begin in one of these pages fail:
 *
 *   0x8000  EIO      0xa000  EBUSY    0xc000  only half of it is done
 *   0x9000  ENXIO    0xb000  EFAULT
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <linux/vfio_zdev.h>

#include "../../tools/vfio-bar/region-access.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define INDEX_SHIFT	40
#define PAGE		4096
#define TYPE_ISM	5

static const uint64_t sizes[VFIO_PCI_NUM_REGIONS] = {
	[0] = 0x100000, [2] = 0x2000, [VFIO_PCI_CONFIG_REGION_INDEX] = 256,
};

/* Indexed by the page in BAR 0. */
static const int errors[] = { [8] = EIO, [9] = ENXIO, [10] = EBUSY, [11] = EFAULT };
#define PAGE_SHORT	12

static int container = -1, group = -1, device = -1;
static unsigned char config[256], memory[6][PAGE];

static long setting(const char *name, long usual)
{
	const char *text = getenv("FAKE_VFIO");
	const char *found = text ? strstr(text, name) : NULL;

	return found && found[strlen(name)] == '=' ? atol(found + strlen(name) + 1) : usual;
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
	put_le(PCI_VENDOR_ID, 2, 0x1014);
	put_le(PCI_DEVICE_ID, 2, setting("ism", 0) ? 0x04ed : 0xabcd);
	put_le(PCI_STATUS, 2, PCI_STATUS_CAP_LIST);
	put_le(PCI_BASE_ADDRESS_0, 4, PCI_BASE_ADDRESS_MEM_TYPE_64);
	put_le(PCI_BASE_ADDRESS_2, 4, PCI_BASE_ADDRESS_MEM_TYPE_64);
	put_le(PCI_CAPABILITY_LIST, 1, 0x40);
	if (setting("ism", 0)) {
		put_le(0x40, 2, PCI_CAP_ID_MSI);
		put_le(0x40 + PCI_MSI_FLAGS, 2, PCI_MSI_FLAGS_64BIT);
	} else {
		put_le(0x40, 2, PCI_CAP_ID_MSIX);
		put_le(0x40 + PCI_MSIX_FLAGS, 2, 1);
		put_le(0x40 + PCI_MSIX_TABLE, 4, 0x1000 | 2);
		put_le(0x40 + PCI_MSIX_PBA, 4, 0x1800 | 2);
	}
	device = memfd_create("fake-device", 0);

	return device;
}

struct description {
	struct vfio_device_info info;
	struct vfio_device_info_cap_zpci_base base;
	struct vfio_device_info_cap_zpci_group group;
};

static int get_info(struct vfio_device_info *info)
{
	struct description all = {
		.info = {
			.argsz = sizeof(all),
			.flags = VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_CAPS,
			.num_regions = VFIO_PCI_NUM_REGIONS, .num_irqs = VFIO_PCI_NUM_IRQS,
			.cap_offset = offsetof(struct description, base),
		},
		.base = {
			.header = {
				.id = VFIO_DEVICE_INFO_CAP_ZPCI_BASE, .version = 1,
				.next = offsetof(struct description, group),
			},
			.start_dma = 0x100000000ULL, .end_dma = 0x1ffffffffULL,
			.pft = setting("type", setting("ism", 0) ? TYPE_ISM : 0),
			.gid = setting("group", 1),
		},
		.group = {
			.header = { .id = VFIO_DEVICE_INFO_CAP_ZPCI_GROUP, .version = 1 },
			.flags = setting("refresh", 1) ? VFIO_DEVICE_INFO_ZPCI_FLAG_REFRESH : 0,
			.msi_addr = 0xfe00000000000000ULL, .noi = 16, .mui = 4000,
			.maxstbl = setting("maxstbl", 128), .version = 1,
		},
	};
	unsigned int room = info->argsz;

	memcpy(info, &all, room < sizeof(all) ? room : sizeof(all));
	return 0;
}

static int get_region_info(struct vfio_region_info *info)
{
	if (info->index >= ARRAY_SIZE(sizes)) {
		errno = EINVAL;
		return -1;
	}
	info->size = sizes[info->index];
	info->offset = (uint64_t)info->index << INDEX_SHIFT;
	info->flags = info->size ? VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE : 0;
	return 0;
}

static int get_irq_info(struct vfio_irq_info *info)
{
	bool ism = setting("ism", 0);

	if (info->index != (ism ? VFIO_PCI_MSI_IRQ_INDEX : VFIO_PCI_MSIX_IRQ_INDEX) &&
	    info->index != VFIO_PCI_INTX_IRQ_INDEX) {
		errno = EINVAL;
		return -1;
	}
	info->flags = VFIO_IRQ_INFO_EVENTFD;
	info->count = info->index == VFIO_PCI_INTX_IRQ_INDEX ? 0 : ism ? 1 : 2;
	return 0;
}

static int get_access(struct vfio_device_feature *feature)
{
	bool ism = setting("ism", 0);
	unsigned int align = ism ? VFIO_REGION_ACCESS_ANY : VFIO_REGION_ACCESS_BLOCK;
	struct vfio_device_feature_region_access *access = (void *)feature->data;

	if (!setting("feature", 0) ||
	    feature->flags != (VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_REGION_ACCESS) ||
	    access->index >= ARRAY_SIZE(sizes) || !sizes[access->index]) {
		errno = ENOTTY;
		return -1;
	}
	access->read.max_width = 8;
	access->read.boundary = 8;
	access->read.align = ism ? align : VFIO_REGION_ACCESS_NATURAL;
	access->write.max_width = setting("block", ism ? PAGE : 128);
	access->write.boundary = PAGE;
	access->write.align = align;
	if (access->index == 0 && setting("hole", 0)) {
		access->hole_offset = 0x400;
		access->hole_size = 32;
	}
	/* As the kernel reports a function with a limit. */
	if (access->write.max_width <= 8 && !ism)
		access->write = access->read;
	return 0;
}

struct iommu_description {
	struct vfio_iommu_type1_info info;
	struct vfio_iommu_type1_info_dma_avail avail;
};

static int get_iommu_info(struct vfio_iommu_type1_info *info)
{
	long avail = setting("avail", -1);
	struct iommu_description all = {
		.info = {
			.argsz = avail < 0 ? sizeof(all.info) : sizeof(all),
			.flags = VFIO_IOMMU_INFO_PGSIZES | (avail < 0 ? 0 : VFIO_IOMMU_INFO_CAPS),
			.iova_pgsizes = PAGE,
			.cap_offset = avail < 0 ? 0 : offsetof(struct iommu_description, avail),
		},
		.avail = {
			.header = { .id = VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, .version = 1 },
			.avail = avail,
		},
	};
	unsigned int room = info->argsz;

	memcpy(info, &all, room < all.info.argsz ? room : all.info.argsz);
	return 0;
}

static void record_dma(const char *what, uint64_t iova)
{
	FILE *file = setting("dma", 0) ? fopen(getenv("FAKE_VFIO_LOG"), "a") : NULL;

	if (!file)
		return;
	fprintf(file, "%s 0x%llx\n", what, (unsigned long long)iova);
	fclose(file);
}

static int answer(unsigned long request, void *arg)
{
	switch (request) {
	case VFIO_GET_API_VERSION:
		return VFIO_API_VERSION;
	case VFIO_CHECK_EXTENSION:
		return (long)arg == VFIO_TYPE1v2_IOMMU;
	case VFIO_GROUP_GET_STATUS:
		((struct vfio_group_status *)arg)->flags = VFIO_GROUP_FLAGS_VIABLE;
		return 0;
	case VFIO_IOMMU_GET_INFO:
		return get_iommu_info(arg);
	case VFIO_GROUP_SET_CONTAINER:
	case VFIO_GROUP_UNSET_CONTAINER:
	case VFIO_SET_IOMMU:
	case VFIO_DEVICE_SET_IRQS:
		return 0;
	case VFIO_IOMMU_MAP_DMA:
		record_dma("map", ((struct vfio_iommu_type1_dma_map *)arg)->iova);
		return 0;
	case VFIO_IOMMU_UNMAP_DMA:
		record_dma("unmap", ((struct vfio_iommu_type1_dma_unmap *)arg)->iova);
		return 0;
	case VFIO_GROUP_GET_DEVICE_FD:
		return make_device();
	case VFIO_DEVICE_GET_INFO:
		return get_info(arg);
	case VFIO_DEVICE_GET_REGION_INFO:
		return get_region_info(arg);
	case VFIO_DEVICE_GET_IRQ_INFO:
		return get_irq_info(arg);
	case VFIO_DEVICE_FEATURE:
		return get_access(arg);
	default:
		errno = ENOTTY;
		return -1;
	}
}

static void record(const char *what, unsigned int bar, uint64_t offset, size_t count,
		   ssize_t ret, const unsigned char *bytes)
{
	const char *path = getenv("FAKE_VFIO_LOG");
	FILE *file = path ? fopen(path, "a") : NULL;
	ssize_t i;

	if (!file)
		return;
	fprintf(file, "%s %u 0x%llx %zu %zd ", what, bar, (unsigned long long)offset, count, ret);
	for (i = 0; i < ret; i++)
		fprintf(file, "%02x", bytes[i]);
	fputc('\n', file);
	fclose(file);
}

/* Returns the bytes of a request that are carried, or a negative errno. */
static ssize_t carried(unsigned int index, uint64_t offset, size_t count)
{
	unsigned int page = offset / PAGE;

	if (index >= ARRAY_SIZE(sizes) || offset >= sizes[index] || count > sizes[index] - offset)
		return -EINVAL;
	if (index != 0)
		return count;
	if (page == PAGE_SHORT)
		return count / 2;
	return page < ARRAY_SIZE(errors) && errors[page] ? -errors[page] : (ssize_t)count;
}

static ssize_t request(const char *what, void *in, const void *out, size_t count, uint64_t pos)
{
	unsigned int index = pos >> INDEX_SHIFT;
	uint64_t offset = pos & ((1ULL << INDEX_SHIFT) - 1);
	ssize_t i, ret = carried(index, offset, count);
	bool is_config = index == VFIO_PCI_CONFIG_REGION_INDEX;

	for (i = 0; i < ret; i++) {
		unsigned char *at = is_config ? &config[offset + i] :
			offset + i < PAGE ? &memory[index][offset + i] : NULL;

		if (in)
			((unsigned char *)in)[i] = at ? *at : 0;
		else if (at)
			*at = ((const unsigned char *)out)[i];
	}
	if (!is_config)
		record(what, index, offset, count, ret, in ? in : out);
	if (ret >= 0)
		return ret;
	errno = -ret;
	return -1;
}

/* Replace the C library's functions that QEMU calls: */

int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (fd >= 0 && (fd == container || fd == group || fd == device))
		return answer(request, arg);
	return syscall(SYS_ioctl, fd, request, arg);
}

static int open_file(const char *path, int flags, int mode)
{
	if (!strcmp(path, "/dev/vfio/vfio")) {
		container = memfd_create("fake-container", 0);
		return container;
	}
	if (!strncmp(path, "/dev/vfio/", 10)) {
		group = memfd_create("fake-group", 0);
		return group;
	}
	return syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open(const char *path, int flags, ...)
{
	va_list args;
	int mode;

	va_start(args, flags);
	mode = va_arg(args, int);
	va_end(args);
	return open_file(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	va_list args;
	int mode;

	va_start(args, flags);
	mode = va_arg(args, int);
	va_end(args);
	return open_file(path, flags, mode);
}

/* open64() with _FORTIFY_SOURCE. */
int __open64_2(const char *path, int flags);
int __open64_2(const char *path, int flags)
{
	return open_file(path, flags, 0);
}

ssize_t pread64(int fd, void *buf, size_t count, off64_t pos)
{
	if (fd >= 0 && fd == device)
		return request("read", buf, NULL, count, pos);
	return syscall(SYS_pread64, fd, buf, count, pos);
}

/* pread64() with _FORTIFY_SOURCE. */
ssize_t __pread64_chk(int fd, void *buf, size_t count, off64_t pos, size_t room);
ssize_t __pread64_chk(int fd, void *buf, size_t count, off64_t pos, size_t room)
{
	if (count > room)
		abort();
	return pread64(fd, buf, count, pos);
}

ssize_t pwrite64(int fd, const void *buf, size_t count, off64_t pos)
{
	if (fd >= 0 && fd == device)
		return request("write", NULL, buf, count, pos);
	return syscall(SYS_pwrite64, fd, buf, count, pos);
}
