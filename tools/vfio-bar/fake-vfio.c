// SPDX-License-Identifier: GPL-2.0-only
/*
 * A fake VFIO for tests of vfio-bar without a device: a library to preload
 * that answers VFIO's ioctls and logs every pread and pwrite of the device.
 * Environment:
 *
 *   FAKE_VFIO_FAIL     NAME=NUMBER, space separated: group, container, attach,
 *                      iommu, device, rw fail with that errno; short=N carries
 *                      N bytes at most; status=0 makes the group not viable;
 *                      width=1 adds VFIO_DEVICE_FEATURE_REGION_ACCESS;
 *                      big=BAR gives that BAR 2 TiB; caps=N breaks the
 *                      capability list of BAR 2, see break_caps(); class=N is
 *                      the class code; virtio=1 makes it a virtio device,
 *                      virtio=2 one with the legacy registers; type=N is the
 *                      IOMMU type that the container supports; unload and load
 *                      are the errnos of delete_module() and finit_module()
 *                      (default ENOENT and EEXIST);
 *                      answers=N makes BARs read as the access width, N at
 *                      most; cpus=N is a machine of N CPUs that allows the
 *                      last CPU only
 *   FAKE_VFIO_COMMAND  PCI command register at the start (default 0)
 *   FAKE_VFIO_LOG      log file, one line per request
 *
 * The device: BAR 0 is memory of 1 MiB, BAR 2 has 16 KiB, an MSI-X table and
 * capabilities, BAR 4 is 32 I/O ports, the ROM has 64 KiB. Byte i of a BAR reads
 * as i % 251; a mapping is separate memory with the same bytes. As in the kernel,
 * a request that crosses the end of the BAR is truncated there, and a request with
 * memory decoding off fails with EIO. A directory that vfio-bar makes is a
 * tracefs instance; each read is one access.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <linux/virtio_pci.h>

#include "macros.h"
#include "region-access.h"

/* Bits of a region offset below the index; a device with a large BAR has BIG_INDEX_SHIFT. */
#define INDEX_SHIFT	40
#define BIG_INDEX_SHIFT	56
#define BIG_SIZE	0x20000000000ULL

#define BROKEN_BAR	2

static const unsigned long long sizes[] = {
	[0] = 0x100000, [2] = 0x4000, [4] = 32,
	[VFIO_PCI_ROM_REGION_INDEX] = 0x10000,
	[VFIO_PCI_CONFIG_REGION_INDEX] = 256,
};

static const struct vfio_device_feature_region_access accesses[] = {
	[0] = { .read = { 8, 8, 0 }, .write = { 8, 8, 0 } },
	[2] = {
		.read = { 4096, 4096, VFIO_REGION_ACCESS_ANY },
		.write = { 128, 2048, VFIO_REGION_ACCESS_BLOCK },
		.hole_offset = 0x2000, .hole_size = 0x50,
	},
	[4] = { .read = { 4, 4, 7 }, .write = { 4, 0x80000000, 0xffffffff } },
	[VFIO_PCI_ROM_REGION_INDEX] = { .read = { 4, 4, 0 } },
};

/* A region's description: the fixed part, then capabilities, as the kernel builds it. */
struct description {
	union {
		struct vfio_region_info info;
		unsigned char bytes[512];
	};
	size_t size;
	size_t last;
};

#define EVENT		"/events/vfio_pci/vfio_pci_bar_access"

static int device = -1;
static unsigned char config[256];
static char instance[PATH_MAX];

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

static void put_virtio_cap(unsigned int pos, unsigned int kind, unsigned int offset,
			   unsigned int size)
{
	put_le(pos, 2, PCI_CAP_ID_VNDR);
	put_le(pos + VIRTIO_PCI_CAP_CFG_TYPE, 1, kind);
	put_le(pos + VIRTIO_PCI_CAP_BAR, 1, 0);
	put_le(pos + VIRTIO_PCI_CAP_OFFSET, 4, offset);
	put_le(pos + VIRTIO_PCI_CAP_LENGTH, 4, size);
}

/* Three more capabilities follow MSI-X. */
static void make_virtio(void)
{
	put_le(PCI_VENDOR_ID, 2, 0x1af4);
	put_le(PCI_DEVICE_ID, 2, setting("virtio", 0) == 2 ? 0x1000 : 0x1041);
	put_virtio_cap(0x60, VIRTIO_PCI_CAP_COMMON_CFG, 0x1000, 0x40);
	put_virtio_cap(0x70, VIRTIO_PCI_CAP_NOTIFY_CFG, 0x2000, 0x1000);
	put_virtio_cap(0x80, VIRTIO_PCI_CAP_ISR_CFG, 0x3000, 1);
	config[0x51] = 0x60;
	config[0x61] = 0x70;
	config[0x71] = 0x80;
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
	put_le(0x50 + PCI_MSIX_PBA, 4, 0x3000 | 2);
	put_le(PCI_CLASS_REVISION, 4, setting("class", 0) << 8);
	if (setting("virtio", 0))
		make_virtio();

	device = memfd_create("fake-vfio", 0);
	return device;
}

static bool is_big(unsigned int index)
{
	return setting("big", -1) == (long)index;
}

static unsigned long long region_size(unsigned int index)
{
	return is_big(index) ? BIG_SIZE : sizes[index];
}

static unsigned int region_shift(void)
{
	return setting("big", -1) < 0 ? INDEX_SHIFT : BIG_INDEX_SHIFT;
}

static unsigned long long region_offset(unsigned int index)
{
	return (unsigned long long)index << region_shift();
}

/* Returns the index of the region at @pos, which may not exist. */
static unsigned int region_at(unsigned long long pos, unsigned long long *offset)
{
	*offset = pos & ((1ULL << region_shift()) - 1);
	return pos >> region_shift();
}

static struct vfio_info_cap_header *cap_at(struct description *full, size_t pos)
{
	return (struct vfio_info_cap_header *)(full->bytes + pos);
}

/* Appends @cap, fills in its header, and links it to the capability before. */
static void add_cap(struct description *full, unsigned int id, unsigned int version,
		    const void *cap, size_t size)
{
	struct vfio_info_cap_header *header = cap_at(full, full->size);

	memcpy(header, cap, size);
	header->id = id;
	header->version = version;
	header->next = 0;
	if (full->last)
		cap_at(full, full->last)->next = full->size;
	else
		full->info.cap_offset = full->size;
	full->last = full->size;
	full->size += size;
	full->info.flags |= VFIO_REGION_INFO_FLAG_CAPS;
}

static void add_old_caps(struct description *full)
{
	const struct {
		struct vfio_info_cap_header header;
		unsigned int nr_areas, reserved;
		struct vfio_region_sparse_mmap_area areas[2];
	} sparse = {
		.nr_areas = setting("caps", 0) == 9 ? 3 : 2,
		.areas = { { .size = 0x2000 }, { .offset = 0x3000, .size = 0x1000 } },
	};
	const struct vfio_info_cap_header bare = { 0 };

	add_cap(full, VFIO_REGION_INFO_CAP_SPARSE_MMAP, 1, &sparse, sizeof(sparse));
	add_cap(full, VFIO_REGION_INFO_CAP_MSIX_MAPPABLE, 1, &bare, sizeof(bare));
	add_cap(full, 77, 3, &bare, sizeof(bare));
}

/* What no kernel may do; 9 is in add_old_caps(), 10 and 11 are in get_region_info(). */
static void break_caps(struct description *full)
{
	struct vfio_info_cap_header *last = cap_at(full, full->last);

	switch (setting("caps", 0)) {
	case 1: /* back to the first */
		last->next = full->info.cap_offset;
		break;
	case 2: /* to itself */
		last->next = full->last;
		break;
	case 3: /* the first lies in the fixed part */
		full->info.cap_offset = sizeof(full->info) - 4;
		break;
	case 4: /* the first lies past the end */
		full->info.cap_offset = 0xfffffff8;
		break;
	case 5: /* the next lies past the end */
		last->next = full->size;
		break;
	case 6: /* the next's header crosses the end */
		last->next = full->size - 4;
		break;
	}
}

static void describe(unsigned int index, struct description *full)
{
	full->info.index = index;
	full->info.size = region_size(index);
	full->info.offset = region_offset(index);
	full->size = sizeof(full->info);
	if (!full->info.size)
		return;

	full->info.flags = VFIO_REGION_INFO_FLAG_READ;
	if (index != VFIO_PCI_ROM_REGION_INDEX)
		full->info.flags |= VFIO_REGION_INFO_FLAG_WRITE;
	if (index == 0 || index == 2)
		full->info.flags |= VFIO_REGION_INFO_FLAG_MMAP;
	if (index == 2)
		add_old_caps(full);
	if (index == BROKEN_BAR)
		break_caps(full);
}

static int get_region_info(struct vfio_region_info *info)
{
	struct description full = { .size = 0 };
	unsigned int room = info->argsz;

	if (info->index >= ARRAY_SIZE(sizes)) {
		errno = EINVAL;
		return -1;
	}
	describe(info->index, &full);
	full.info.argsz = full.size;
	if (info->index == BROKEN_BAR && setting("caps", 0) == 10) /* never enough */
		full.info.argsz = room + 8;
	if (info->index == BROKEN_BAR && setting("caps", 0) == 11) /* more than there is */
		full.info.argsz = 0xfffffff8;

	/* As in the kernel, without room for all capabilities there are none. */
	if (full.info.argsz > room) {
		full.info.cap_offset = 0;
		full.size = sizeof(full.info);
	}
	memcpy(info, &full, full.size);
	return 0;
}

static int get_access(struct vfio_device_feature *feature)
{
	struct vfio_device_feature_region_access access;

	memcpy(&access, feature->data, sizeof(access));
	if (!setting("width", 0) ||
	    feature->flags != (VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_REGION_ACCESS) ||
	    access.index >= ARRAY_SIZE(accesses)) {
		errno = ENOTTY;
		return -1;
	}
	if (feature->argsz < sizeof(*feature) + sizeof(access) || access.flags) {
		errno = EINVAL;
		return -1;
	}
	memcpy(feature->data, &accesses[access.index], sizeof(access));
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
	case VFIO_DEVICE_FEATURE:
		return get_access(arg);
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
	unsigned long long offset;
	unsigned int index = region_at(pos, &offset);
	size_t i;

	if (!file)
		return;
	fprintf(file, "%s %u 0x%llx %zu", what, index, offset, count);
	for (i = 0; bytes && i < count && i < 16; i++)
		fprintf(file, "%s%02x", i ? "" : " ", bytes[i]);
	fputc('\n', file);
	fclose(file);
}

/* As in the kernel, an access shows in the trace only if the filter passes its task. */
static void trace_access(size_t width)
{
	char path[PATH_MAX + 64], name[16], wanted[32], filter[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "%s" EVENT "/filter", instance);
	file = fopen(path, "re");
	if (!file)
		return;
	prctl(PR_GET_NAME, name);
	snprintf(wanted, sizeof(wanted), "comm == \"%s\"", name);
	if (!fgets(filter, sizeof(filter), file) || strcmp(filter, wanted))
		width = 0;
	fclose(file);

	snprintf(path, sizeof(path), "%s/trace", instance);
	file = width ? fopen(path, "ae") : NULL;
	if (!file)
		return;
	fprintf(file, "fake: vfio_pci_bar_access: width=%zu\n", width);
	fclose(file);
}

/* Returns how many bytes of a request succeed, -1 with errno if it fails. */
static ssize_t carried(unsigned int index, unsigned long long offset, size_t count)
{
	if (index >= ARRAY_SIZE(sizes) || offset >= region_size(index)) {
		errno = EINVAL;
		return -1;
	}
	if (count > region_size(index) - offset)
		count = region_size(index) - offset;
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
	unsigned long long offset;
	unsigned int index = region_at(pos, &offset);
	ssize_t i, n = carried(index, offset, count);

	if (index != VFIO_PCI_CONFIG_REGION_INDEX)
		record("read", pos, NULL, count);
	if (index != VFIO_PCI_CONFIG_REGION_INDEX && n > 0 && instance[0])
		trace_access(n);
	for (i = 0; i < n; i++) {
		if (index == VFIO_PCI_CONFIG_REGION_INDEX)
			((unsigned char *)buf)[i] = config[offset + i];
		else if (setting("answers", 0))
			((unsigned char *)buf)[i] = count < (size_t)setting("answers", 0) ?
						    (long)count : setting("answers", 0);
		else
			((unsigned char *)buf)[i] = (offset + i) % 251;
	}
	return n;
}

static ssize_t fake_write(const void *buf, size_t count, unsigned long long pos)
{
	unsigned long long offset;
	unsigned int index = region_at(pos, &offset);
	ssize_t n = carried(index, offset, count);

	record("write", pos, buf, count);
	if (n > 0 && index == VFIO_PCI_CONFIG_REGION_INDEX)
		memcpy(config + offset, buf, n);
	return n;
}

/* ---- replacements of C library functions ---- */

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

/* Only root may switch the livepatch. */
uid_t geteuid(void)
{
	return 0;
}

/* As if the livepatch were loaded; no module of the host is touched. */
long syscall(long number, ...)
{
	long (*real)(long number, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	long arg[6];
	va_list args;
	size_t i;

	va_start(args, number);
	for (i = 0; i < ARRAY_SIZE(arg); i++)
		arg[i] = va_arg(args, long);
	va_end(args);

	if (number == SYS_delete_module || number == SYS_finit_module) {
		errno = number == SYS_delete_module ? setting("unload", ENOENT) :
						      setting("load", EEXIST);
		return -1;
	}
	return real(number, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
}

int sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set)
{
	long cpus = setting("cpus", 0);

	memset(set, 0, size);
	if (!cpus)
		return syscall(SYS_sched_getaffinity, pid, size, set) < 0 ? -1 : 0;
	if (size * 8 < (size_t)cpus) {
		errno = EINVAL;
		return -1;
	}
	CPU_SET_S(cpus - 1, size, set);
	return 0;
}

int sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *set)
{
	long cpus = setting("cpus", 0);

	if (!cpus)
		return syscall(SYS_sched_setaffinity, pid, size, set);
	if (CPU_ISSET_S(cpus - 1, size, set))
		return 0;
	errno = EINVAL;
	return -1;
}

int open64(const char *path, int flags, ...)
{
	const char *name = strrchr(path, '/');
	mode_t mode = 0;
	va_list args;
	int fd;

	if (flags & O_CREAT) {
		va_start(args, flags);
		mode = va_arg(args, mode_t);
		va_end(args);
	}
	fd = openat(AT_FDCWD, path, flags, mode);

	if (fd >= 0 && strstr(path, "/vfio/") &&
	    fails(strcmp(name, "/vfio") ? "group" : "container"))
		return -1;
	return fd;
}

int mkdir(const char *path, mode_t mode)
{
	static const char *const dirs[] = { "", "/events", "/events/vfio_pci", EVENT };
	char dir[PATH_MAX + 64];
	size_t i;

	snprintf(instance, sizeof(instance), "%s", path);
	for (i = 0; i < ARRAY_SIZE(dirs); i++) {
		snprintf(dir, sizeof(dir), "%s%s", path, dirs[i]);
		if (mkdirat(AT_FDCWD, dir, mode))
			return -1;
	}
	return 0;
}

/* tracefs removes what is in it. */
int rmdir(const char *path)
{
	char gone[PATH_MAX + 64];

	snprintf(gone, sizeof(gone), "%s.gone", path);
	return rename(path, gone);
}

ssize_t pread64(int fd, void *buf, size_t count, off64_t pos)
{
	ssize_t (*real)(int fd, void *buf, size_t count, off64_t pos);

	if (fd >= 0 && fd == device)
		return fake_read(buf, count, pos);
	/* modinfo, which inherits LD_PRELOAD, reads the module with pread() since kmod 34. */
	real = (ssize_t (*)(int, void *, size_t, off64_t))dlsym(RTLD_NEXT, "pread64");
	return real(fd, buf, count, pos);
}

ssize_t pwrite64(int fd, const void *buf, size_t count, off64_t pos)
{
	if (fd == device)
		return fake_write(buf, count, pos);
	errno = EBADF;
	return -1;
}

void *mmap64(void *addr, size_t size, int prot, int flags, int fd, off64_t pos)
{
	unsigned long long offset;
	unsigned char *bytes;
	size_t i;

	if (fd != device || device < 0)
		return (void *)syscall(SYS_mmap, addr, size, prot, flags, fd, pos);

	region_at(pos, &offset);
	bytes = (void *)syscall(SYS_mmap, NULL, size, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (i = 0; bytes != MAP_FAILED && i < size; i++)
		bytes[i] = (offset + i) % 251;
	return bytes;
}
