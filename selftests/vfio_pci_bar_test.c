// SPDX-License-Identifier: GPL-2.0-only
/*
 * pread() and pwrite() on the BARs and the option ROM of a device.
 *
 * Runs on any device: registers are read and never written. The tests that
 * write need a BAR that is plain memory, which only the user can name:
 *
 *	VFIO_SELFTESTS_MEMORY_BAR=2 ./vfio_pci_bar_test 0000:00:08.0
 *
 * They use its first 64 KiB and its last bytes, and restore both.
 */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <sys/mman.h>

#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/pci_regs.h>
#include <linux/sizes.h>
#include <linux/vfio.h>

#include <libvfio.h>

#include "kselftest_harness.h"

#define GUARD		64	/* bytes around a request that must not change */
#define FILLER		0x5a	/* content of a buffer before a read */
#define CHUNK		SZ_4K
#define WINDOW		SZ_64K	/* bytes used of a memory BAR */
#define END		16	/* bytes at the end of a BAR */
#define ROM_SECONDS	3	/* how long two threads read the ROM */

static const char *device_bdf;
static const char *memory_bar_index;

static u8 buffer[GUARD + WINDOW + GUARD];
static u8 *const data = buffer + GUARD;

/* ---- helpers ---- */

static struct vfio_region_info region_info(int fd, u32 index)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = index };

	ioctl_assert(fd, VFIO_DEVICE_GET_REGION_INFO, &info);
	return info;
}

/*
 * vfio_pci_device_init() maps every BAR and fails on one smaller than a page.
 * Here only the tests that need it map a BAR.
 */
static struct vfio_pci_device *device_open(struct iommu *iommu)
{
	struct vfio_pci_device *device;
	int i;

	device = vfio_pci_device_alloc(device_bdf, iommu);
	vfio_pci_cdev_open(device, device_bdf);
	VFIO_ASSERT_EQ(__vfio_device_bind_iommufd(device->fd, iommu->iommufd, NULL), 0);

	device->config_space = region_info(device->fd, VFIO_PCI_CONFIG_REGION_INDEX);
	for (i = 0; i < PCI_STD_NUM_BARS; i++)
		device->bars[i].info = region_info(device->fd, i);
	vfio_pci_cmd_set(device, PCI_COMMAND_MEMORY | PCI_COMMAND_IO);

	return device;
}

static void device_close(struct vfio_pci_device *device)
{
	VFIO_ASSERT_EQ(close(device->fd), 0);
	vfio_pci_device_free(device);
}

static bool is_io(struct vfio_pci_device *device, int bar)
{
	return vfio_pci_config_readl(device, PCI_BASE_ADDRESS_0 + 4 * bar) &
	       PCI_BASE_ADDRESS_SPACE_IO;
}

static bool is_memory(struct vfio_pci_device *device, int bar)
{
	return device->bars[bar].info.size && !is_io(device, bar);
}

/* A VF's memory decode cannot be turned off. */
static bool is_vf(void)
{
	char path[PATH_MAX];

	snprintf_assert(path, PATH_MAX, "/sys/bus/pci/devices/%s/physfn", device_bdf);
	return !access(path, F_OK);
}

static bool all_are(const u8 *bytes, size_t count, u8 value)
{
	while (count && bytes[count - 1] == value)
		count--;
	return !count;
}

/*
 * pread() into data[]. The kernel must not write beyond the bytes returned, nor
 * before the buffer.
 */
static ssize_t do_read(struct __test_metadata *_metadata, struct vfio_pci_device *device,
		       const struct vfio_region_info *region, u64 off, size_t count)
{
	ssize_t ret, done;

	VFIO_ASSERT_LE(count, WINDOW);
	memset(buffer, FILLER, GUARD + count + GUARD);

	ret = pread(device->fd, data, count, region->offset + off);
	if (ret < 0)
		ret = -errno;
	done = ret < 0 ? 0 : ret;

	ASSERT_LE(done, count);
	EXPECT_TRUE(all_are(buffer, GUARD, FILLER));
	EXPECT_TRUE(all_are(data + done, count - done + GUARD, FILLER)) {
		TH_LOG("region %u: pread(%zu) at %#lx returned %zd and wrote more",
		       region->index, count, (unsigned long)off, ret);
	}

	return ret;
}

static ssize_t do_write(struct vfio_pci_device *device, const struct vfio_region_info *region,
			const void *buf, u64 off, size_t count)
{
	ssize_t ret = pwrite(device->fd, buf, count, region->offset + off);

	return ret < 0 ? -errno : ret;
}

/* A page that can be read and written, followed by one that cannot. */
static u8 *map_two_pages(void)
{
	size_t page = getpagesize();
	u8 *pages;

	pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	VFIO_ASSERT_NE(pages, MAP_FAILED);
	VFIO_ASSERT_EQ(mprotect(pages + page, page, PROT_NONE), 0);
	memset(pages, FILLER, page);

	return pages;
}

static void unmap_two_pages(u8 *pages)
{
	VFIO_ASSERT_EQ(munmap(pages, 2 * getpagesize()), 0);
}

/* ---- any device ---- */

struct msix_table {
	int bar;
	u64 off;
	size_t size;
};

FIXTURE(vfio_pci_bar_test) {
	struct iommu *iommu;
	struct vfio_pci_device *device;
	struct vfio_region_info rom;
	struct msix_table table;	/* of size 0 if the device has none */
};

static u8 find_capability(struct vfio_pci_device *device, u8 id)
{
	int limit = (PCI_CFG_SPACE_SIZE - PCI_STD_HEADER_SIZEOF) / PCI_CAP_SIZEOF;
	u8 pos = PCI_CAPABILITY_LIST - PCI_CAP_LIST_NEXT;

	if (!(vfio_pci_config_readw(device, PCI_STATUS) & PCI_STATUS_CAP_LIST))
		return 0;

	while (limit--) {
		pos = vfio_pci_config_readb(device, pos + PCI_CAP_LIST_NEXT) & ~3;
		if (!pos || vfio_pci_config_readb(device, pos + PCI_CAP_LIST_ID) == id)
			return pos;
	}
	return 0;
}

static struct msix_table find_msix_table(struct vfio_pci_device *device)
{
	u8 pos = find_capability(device, PCI_CAP_ID_MSIX);
	struct msix_table table = {};
	u32 where;
	u16 flags;

	if (!pos)
		return table;

	flags = vfio_pci_config_readw(device, pos + PCI_MSIX_FLAGS);
	where = vfio_pci_config_readl(device, pos + PCI_MSIX_TABLE);
	table.bar = where & PCI_MSIX_TABLE_BIR;
	table.off = where & PCI_MSIX_TABLE_OFFSET;
	table.size = ((flags & PCI_MSIX_FLAGS_QSIZE) + 1) * PCI_MSIX_ENTRY_SIZE;

	VFIO_ASSERT_LT(table.bar, PCI_STD_NUM_BARS);
	VFIO_ASSERT_LE(table.off + table.size, device->bars[table.bar].info.size);
	return table;
}

FIXTURE_SETUP(vfio_pci_bar_test)
{
	self->iommu = iommu_init(default_iommu_mode);
	self->device = device_open(self->iommu);
	self->rom = region_info(self->device->fd, VFIO_PCI_ROM_REGION_INDEX);
	self->table = find_msix_table(self->device);
}

FIXTURE_TEARDOWN(vfio_pci_bar_test)
{
	device_close(self->device);
	iommu_cleanup(self->iommu);
}

TEST_F(vfio_pci_bar_test, count_zero)
{
	int i;

	for (i = 0; i < PCI_STD_NUM_BARS; i++) {
		struct vfio_region_info *bar = &self->device->bars[i].info;

		EXPECT_EQ(0, do_read(_metadata, self->device, bar, 0, 0));
		EXPECT_EQ(0, do_read(_metadata, self->device, bar, bar->size, 0));
		EXPECT_EQ(0, do_write(self->device, bar, data, 0, 0));
	}
}

TEST_F(vfio_pci_bar_test, read_at_end)
{
	int i;

	for (i = 0; i < PCI_STD_NUM_BARS; i++) {
		struct vfio_region_info *bar = &self->device->bars[i].info;
		size_t in_bar = min_t(u64, bar->size, END / 2);
		size_t count, len;

		/* Only the first of these is truncated, unless the BAR is tiny. */
		for (count = in_bar ? END : 0; count; count /= 2) {
			len = min_t(size_t, count, in_bar);
			EXPECT_EQ(len, do_read(_metadata, self->device, bar,
					       bar->size - len, count));
		}

		/* If the device does not have the BAR, this is offset 0. */
		EXPECT_EQ(-EINVAL, do_read(_metadata, self->device, bar, bar->size, 4));
		EXPECT_EQ(-EINVAL, do_read(_metadata, self->device, bar, bar->size + 1, 1));
		EXPECT_EQ(-EINVAL, do_read(_metadata, self->device, bar, bar->size + CHUNK, CHUNK));
	}
}

TEST_F(vfio_pci_bar_test, read_without_decode)
{
	static const size_t counts[] = { 1, 2, 4, 8, 13, 64, 65, CHUNK + 8 };
	int i, j;

	if (is_vf())
		SKIP(return, "A VF has no memory decode");

	vfio_pci_cmd_clear(self->device, PCI_COMMAND_MEMORY);
	for (i = 0; i < PCI_STD_NUM_BARS; i++) {
		struct vfio_region_info *bar = &self->device->bars[i].info;

		if (!is_memory(self->device, i))
			continue;
		/* The MSI-X table does not need decode, see below. */
		if (self->table.size && self->table.bar == i && self->table.off < SZ_8K)
			continue;

		for (j = 0; j < ARRAY_SIZE(counts); j++)
			EXPECT_EQ(-EIO, do_read(_metadata, self->device, bar, 0, counts[j]));
	}
	vfio_pci_cmd_set(self->device, PCI_COMMAND_MEMORY);
}

TEST_F(vfio_pci_bar_test, read_to_bad_pointer)
{
	static const size_t counts[] = { 1, 4, 8, 12 };
	u8 *pages = map_two_pages();
	u8 *bad = pages + getpagesize();
	int i, j;

	for (i = 0; i < PCI_STD_NUM_BARS; i++) {
		struct vfio_region_info *bar = &self->device->bars[i].info;

		for (j = 0; j < ARRAY_SIZE(counts) && bar->size; j++) {
			EXPECT_EQ(-1, pread(self->device->fd, bad, counts[j], bar->offset));
			EXPECT_EQ(EFAULT, errno);
		}
	}
	EXPECT_TRUE(all_are(pages, getpagesize(), FILLER));

	unmap_two_pages(pages);
}

TEST_F(vfio_pci_bar_test, read_io_ports)
{
	int i, width, found = 0;

	for (i = 0; i < PCI_STD_NUM_BARS; i++) {
		struct vfio_region_info *bar = &self->device->bars[i].info;

		if (!bar->size || !is_io(self->device, i))
			continue;
		for (width = 1; width <= 4; width *= 2)
			EXPECT_EQ(width, do_read(_metadata, self->device, bar, 0, width));

		/* Memory decode does not gate I/O port BARs. */
		vfio_pci_cmd_clear(self->device, PCI_COMMAND_MEMORY);
		EXPECT_EQ(4, do_read(_metadata, self->device, bar, 0, 4));
		vfio_pci_cmd_set(self->device, PCI_COMMAND_MEMORY);
		found++;
	}
	if (!found)
		SKIP(return, "The device has no I/O port BAR");
}

/* ---- the MSI-X table, which reads as ones and drops writes ---- */

TEST_F(vfio_pci_bar_test, msix_table_reads_ones)
{
	struct vfio_region_info *bar = &self->device->bars[self->table.bar].info;
	u64 start = self->table.off, end = start + self->table.size;
	size_t size = min_t(size_t, self->table.size, WINDOW);
	size_t off, count;

	if (!size)
		SKIP(return, "The device has no MSI-X table");

	ASSERT_EQ(size, do_read(_metadata, self->device, bar, start, size));
	EXPECT_TRUE(all_are(data, size, 0xff));

	for (off = 0; off < 8; off++) {
		for (count = 1; count <= PCI_MSIX_ENTRY_SIZE - off; count++) {
			ASSERT_EQ(count, do_read(_metadata, self->device, bar, start + off, count));
			EXPECT_TRUE(all_are(data, count, 0xff));
		}
	}

	/* Half in the table, half after it. */
	if (end + 8 > bar->size)
		return;
	ASSERT_EQ(16, do_read(_metadata, self->device, bar, end - 8, 16));
	EXPECT_TRUE(all_are(data, 8, 0xff));
	ASSERT_EQ(9, do_read(_metadata, self->device, bar, end - 5, 9));
	EXPECT_TRUE(all_are(data, 5, 0xff));
}

/* The table's content, or NULL if VFIO does not let it be mapped. */
static u32 *copy_msix_table(struct vfio_pci_device *device, const struct msix_table *table)
{
	struct vfio_region_info *bar = &device->bars[table->bar].info;
	size_t skip = table->off % getpagesize();
	u32 *entries;
	u32 *copy;
	u8 *map;
	int i;

	map = mmap(NULL, skip + table->size, PROT_READ, MAP_SHARED, device->fd,
		   bar->offset + table->off - skip);
	if (map == MAP_FAILED)
		return NULL;

	entries = (void *)(map + skip);
	copy = malloc_assert(table->size);
	for (i = 0; i < table->size / 4; i++)
		copy[i] = READ_ONCE(entries[i]);

	VFIO_ASSERT_EQ(munmap(map, skip + table->size), 0);
	return copy;
}

TEST_F(vfio_pci_bar_test, msix_table_drops_writes)
{
	struct vfio_region_info *bar = &self->device->bars[self->table.bar].info;
	size_t size = self->table.size;
	u32 *before, *after;
	int width;
	u8 *ones;

	if (!size)
		SKIP(return, "The device has no MSI-X table");

	before = copy_msix_table(self->device, &self->table);
	ones = malloc_assert(size);
	memset(ones, 0xff, size);

	EXPECT_EQ(size, do_write(self->device, bar, ones, self->table.off, size));
	for (width = 1; width <= 8; width *= 2)
		EXPECT_EQ(width, do_write(self->device, bar, ones, self->table.off, width));
	EXPECT_EQ(size - 3, do_write(self->device, bar, ones, self->table.off + 3, size - 3));

	after = copy_msix_table(self->device, &self->table);
	if (before && after)
		EXPECT_EQ(0, memcmp(before, after, size));

	free(before);
	free(after);
	free(ones);
}

/* No access to the table happens, so only what follows it needs decode. */
TEST_F(vfio_pci_bar_test, msix_table_without_decode)
{
	struct vfio_region_info *bar = &self->device->bars[self->table.bar].info;
	u64 end = self->table.off + self->table.size;

	if (!self->table.size)
		SKIP(return, "The device has no MSI-X table");
	if (is_vf())
		SKIP(return, "A VF has no memory decode");

	vfio_pci_cmd_clear(self->device, PCI_COMMAND_MEMORY);
	EXPECT_EQ(8, do_read(_metadata, self->device, bar, end - 8, 8));
	EXPECT_TRUE(all_are(data, 8, 0xff));
	EXPECT_EQ(8, do_write(self->device, bar, data, end - 8, 8));
	if (end + 8 <= bar->size) {
		EXPECT_EQ(-EIO, do_read(_metadata, self->device, bar, end, 8));
		/* Either the bytes in the table are read or none. */
		do_read(_metadata, self->device, bar, end - 8, 16);
	}
	vfio_pci_cmd_set(self->device, PCI_COMMAND_MEMORY);
}

/* ---- the option ROM ---- */

static u8 *read_rom(struct __test_metadata *_metadata, struct vfio_pci_device *device,
		    const struct vfio_region_info *rom, size_t size)
{
	u8 *copy = malloc_assert(size);

	ASSERT_EQ(size, do_read(_metadata, device, rom, 0, size));
	memcpy(copy, data, size);
	return copy;
}

TEST_F(vfio_pci_bar_test, rom_reads)
{
	size_t size = min_t(u64, self->rom.size, WINDOW);
	size_t off, count;
	u8 *copy;

	if (!size)
		SKIP(return, "The device has no option ROM");

	copy = read_rom(_metadata, self->device, &self->rom, size);
	for (off = 0; off < 8; off++) {
		for (count = 1; count <= 64; count += 7) {
			ASSERT_EQ(count, do_read(_metadata, self->device, &self->rom, off, count));
			EXPECT_EQ(0, memcmp(copy + off, data, count));
		}
	}
	free(copy);

	EXPECT_EQ(8, do_read(_metadata, self->device, &self->rom, self->rom.size - 8, 16));
	EXPECT_EQ(-EINVAL, do_read(_metadata, self->device, &self->rom, self->rom.size, 1));
}

TEST_F(vfio_pci_bar_test, rom_write)
{
	memset(data, 0xff, 8);
	EXPECT_EQ(-EINVAL, do_write(self->device, &self->rom, data, 0, 1));
	EXPECT_EQ(-EINVAL, do_write(self->device, &self->rom, data, 0, 8));
	EXPECT_EQ(-EINVAL, do_write(self->device, &self->rom, data, self->rom.size, 4));
}

TEST_F(vfio_pci_bar_test, rom_without_decode)
{
	if (!self->rom.size)
		SKIP(return, "The device has no option ROM");
	if (is_vf())
		SKIP(return, "A VF has no memory decode");

	vfio_pci_cmd_clear(self->device, PCI_COMMAND_MEMORY);
	EXPECT_EQ(-EIO, do_read(_metadata, self->device, &self->rom, 0, 4));
	EXPECT_EQ(-EIO, do_read(_metadata, self->device, &self->rom, 0, 65));
	vfio_pci_cmd_set(self->device, PCI_COMMAND_MEMORY);
}

struct rom_reader {
	pthread_t thread;
	int fd;
	u64 offset;
	const u8 *expected;
	size_t size;
	const bool *stop;
	unsigned long good, failed, different;
};

static void *rom_reader(void *arg)
{
	struct rom_reader *reader = arg;
	u8 *copy = malloc_assert(reader->size);

	while (!__atomic_load_n(reader->stop, __ATOMIC_RELAXED)) {
		if (pread(reader->fd, copy, reader->size, reader->offset) != reader->size)
			reader->failed++;
		else if (memcmp(copy, reader->expected, reader->size))
			reader->different++;
		else
			reader->good++;
	}

	free(copy);
	return NULL;
}

/* Neither may turn ROM decode off under the other. */
TEST_F(vfio_pci_bar_test, rom_two_readers)
{
	size_t size = min_t(u64, self->rom.size, WINDOW);
	struct rom_reader readers[2];
	bool stop = false;
	u8 *expected;
	int i;

	if (!size)
		SKIP(return, "The device has no option ROM");

	expected = read_rom(_metadata, self->device, &self->rom, size);
	for (i = 0; i < ARRAY_SIZE(readers); i++) {
		readers[i] = (struct rom_reader) {
			.fd = self->device->fd,
			.offset = self->rom.offset,
			.expected = expected,
			.size = size,
			.stop = &stop,
		};
		ASSERT_EQ(0, pthread_create(&readers[i].thread, NULL, rom_reader, &readers[i]));
	}

	sleep(ROM_SECONDS);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < ARRAY_SIZE(readers); i++) {
		ASSERT_EQ(0, pthread_join(readers[i].thread, NULL));
		TH_LOG("reader %d: %lu reads right, %lu wrong, %lu failed", i,
		       readers[i].good, readers[i].different, readers[i].failed);
		EXPECT_LT(0, readers[i].good);
		EXPECT_EQ(0, readers[i].different);
		EXPECT_EQ(0, readers[i].failed);
	}
	free(expected);
}

/* ---- a BAR that is plain memory ---- */

struct memory_bar {
	struct vfio_pci_device *device;
	struct vfio_region_info info;
	size_t size;		/* bytes mapped */
	u8 *map;		/* the mapping */
	u8 *shadow;		/* expected content */
	u8 *saved;		/* content before the test */
};

FIXTURE(vfio_pci_memory_bar_test) {
	struct iommu *iommu;
	struct memory_bar bar;
};

/* Byte by byte, as memcpy() may use accesses that the device does not support. */
static void copy_to_bar(u8 *map, const u8 *bytes, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		WRITE_ONCE(map[i], bytes[i]);
}

static void copy_from_bar(u8 *bytes, u8 *map, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		bytes[i] = READ_ONCE(map[i]);
}

/* Differs between neighbours, and between the same offset in adjacent pages. */
static u8 mark(size_t off)
{
	return off * 29 + (off >> 8) * 101 + (off >> 12) * 3;
}

static void fill_with_mark(u8 *bytes, size_t off, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		bytes[i] = mark(off + i);
}

/* Fill with bytes that all differ from the current content. */
static void fill_with_other(u8 *bytes, size_t off, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		bytes[i] = ~mark(off + i);
}

FIXTURE_SETUP(vfio_pci_memory_bar_test)
{
	u32 flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE |
		    VFIO_REGION_INFO_FLAG_MMAP;
	struct memory_bar *bar = &self->bar;
	struct msix_table table;
	unsigned long index;
	char *end;

	if (!memory_bar_index)
		SKIP(return, "VFIO_SELFTESTS_MEMORY_BAR names no BAR that is memory");
	index = strtoul(memory_bar_index, &end, 10);
	VFIO_ASSERT_TRUE(*memory_bar_index && !*end && index < PCI_STD_NUM_BARS,
			 "VFIO_SELFTESTS_MEMORY_BAR: no such BAR: %s\n", memory_bar_index);

	self->iommu = iommu_init(default_iommu_mode);
	bar->device = device_open(self->iommu);
	bar->info = bar->device->bars[index].info;
	bar->size = min_t(u64, bar->info.size, WINDOW);

	table = find_msix_table(bar->device);
	if (!is_memory(bar->device, index) || (bar->info.flags & flags) != flags)
		SKIP(return, "BAR %lu cannot be mapped", index);
	if (table.size && table.bar == index)
		SKIP(return, "BAR %lu has the MSI-X table", index);
	if (bar->size < 2 * GUARD)
		SKIP(return, "BAR %lu is too small", index);

	bar->map = mmap(NULL, bar->size, PROT_READ | PROT_WRITE, MAP_SHARED,
			bar->device->fd, bar->info.offset);
	ASSERT_NE(MAP_FAILED, bar->map);

	bar->saved = malloc_assert(bar->size);
	copy_from_bar(bar->saved, bar->map, bar->size);
	bar->shadow = malloc_assert(bar->size);
	fill_with_mark(bar->shadow, 0, bar->size);
	copy_to_bar(bar->map, bar->shadow, bar->size);
}

FIXTURE_TEARDOWN(vfio_pci_memory_bar_test)
{
	struct memory_bar *bar = &self->bar;

	copy_to_bar(bar->map, bar->saved, bar->size);
	VFIO_ASSERT_EQ(munmap(bar->map, bar->size), 0);
	free(bar->saved);
	free(bar->shadow);
	device_close(bar->device);
	iommu_cleanup(self->iommu);
}

/* Check the BAR's content at these bytes and around them. */
static void expect_memory(struct __test_metadata *_metadata,
			  struct memory_bar *bar, size_t off, size_t count)
{
	size_t to = min_t(size_t, off + count + GUARD, bar->size);
	size_t i = off < GUARD ? 0 : off - GUARD;

	while (i < to && READ_ONCE(bar->map[i]) == bar->shadow[i])
		i++;
	EXPECT_EQ(to, i) {
		TH_LOG("pwrite(%zu) at %#zx: byte %#zx is wrong", count, off, i);
	}
}

/* A read returns all of the BAR's content there. */
static void expect_read(struct __test_metadata *_metadata,
			struct memory_bar *bar, size_t off, size_t count)
{
	ASSERT_EQ(count, do_read(_metadata, bar->device, &bar->info, off, count));
	EXPECT_EQ(0, memcmp(bar->shadow + off, data, count)) {
		TH_LOG("pread(%zu) at %#zx: wrong bytes", count, off);
	}
}

/* A write changes these bytes and no others. */
static void expect_write(struct __test_metadata *_metadata,
			 struct memory_bar *bar, size_t off, size_t count)
{
	fill_with_other(data, off, count);
	ASSERT_EQ(count, do_write(bar->device, &bar->info, data, off, count));
	memcpy(bar->shadow + off, data, count);
	expect_memory(_metadata, bar, off, count);

	fill_with_mark(bar->shadow + off, off, count);
	copy_to_bar(bar->map + off, bar->shadow + off, count);
}

TEST_F(vfio_pci_memory_bar_test, widths)
{
	size_t width, off;

	for (width = 1; width <= 8; width *= 2) {
		for (off = 0; off < 64; off += width) {
			expect_read(_metadata, &self->bar, off, width);
			expect_write(_metadata, &self->bar, off, width);
		}
	}
}

TEST_F(vfio_pci_memory_bar_test, unaligned_reads)
{
	size_t off, count;

	for (off = 0; off < 16; off++) {
		for (count = 1; count <= 64; count++)
			expect_read(_metadata, &self->bar, off, count);
	}
}

TEST_F(vfio_pci_memory_bar_test, unaligned_writes)
{
	size_t off, count;

	for (off = 0; off < 16; off++) {
		for (count = 1; count <= 64; count++)
			expect_write(_metadata, &self->bar, off, count);
	}
}

TEST_F(vfio_pci_memory_bar_test, across_pages)
{
	static const size_t offs[] = { 1, 4, CHUNK - 8, CHUNK - 3, CHUNK - 1 };
	static const size_t counts[] = { 16, 65, CHUNK, CHUNK + 5 };
	int i, j;

	if (self->bar.size < 3 * CHUNK)
		SKIP(return, "The BAR has less than three pages");

	for (i = 0; i < ARRAY_SIZE(offs); i++) {
		for (j = 0; j < ARRAY_SIZE(counts); j++) {
			expect_read(_metadata, &self->bar, offs[i], counts[j]);
			expect_write(_metadata, &self->bar, offs[i], counts[j]);
		}
	}
}

TEST_F(vfio_pci_memory_bar_test, long_requests)
{
	expect_read(_metadata, &self->bar, 0, self->bar.size);
	expect_write(_metadata, &self->bar, 0, self->bar.size);
	expect_read(_metadata, &self->bar, 3, self->bar.size - 5);
	expect_write(_metadata, &self->bar, 3, self->bar.size - 5);
}

TEST_F(vfio_pci_memory_bar_test, write_at_end)
{
	struct vfio_region_info *bar = &self->bar.info;
	u8 saved[END], other[END];
	u64 start = bar->size - END;
	size_t count;

	ASSERT_EQ(END, do_read(_metadata, self->bar.device, bar, start, END));
	memcpy(saved, data, END);

	for (count = 1; count < END; count++) {
		fill_with_other(other, 0, END);
		/* The first request clears them; the second is truncated at the end. */
		memset(data, 0, END);
		ASSERT_EQ(END, do_write(self->bar.device, bar, data, start, END));
		EXPECT_EQ(count, do_write(self->bar.device, bar, other, bar->size - count, END));

		ASSERT_EQ(END, do_read(_metadata, self->bar.device, bar, start, END));
		EXPECT_TRUE(all_are(data, END - count, 0));
		EXPECT_EQ(0, memcmp(other, data + END - count, count));
	}
	ASSERT_EQ(END, do_write(self->bar.device, bar, saved, start, END));

	EXPECT_EQ(-EINVAL, do_write(self->bar.device, bar, other, bar->size, 4));
	EXPECT_EQ(-EINVAL, do_write(self->bar.device, bar, other, bar->size + 1, 1));
	EXPECT_EQ(-EINVAL, do_write(self->bar.device, bar, other, bar->size + CHUNK, END));
}

TEST_F(vfio_pci_memory_bar_test, write_without_decode)
{
	size_t count = min_t(size_t, self->bar.size, CHUNK + 8);

	if (is_vf())
		SKIP(return, "A VF has no memory decode");

	fill_with_other(data, 0, count);
	vfio_pci_cmd_clear(self->bar.device, PCI_COMMAND_MEMORY);
	EXPECT_EQ(-EIO, do_write(self->bar.device, &self->bar.info, data, 0, 1));
	EXPECT_EQ(-EIO, do_write(self->bar.device, &self->bar.info, data, 0, 8));
	EXPECT_EQ(-EIO, do_write(self->bar.device, &self->bar.info, data, 1, 63));
	EXPECT_EQ(-EIO, do_write(self->bar.device, &self->bar.info, data, 0, count));
	vfio_pci_cmd_set(self->bar.device, PCI_COMMAND_MEMORY);

	expect_memory(_metadata, &self->bar, 0, count);
}

/*
 * Only the first @good bytes of the source can be read. Either nothing arrives, or
 * only what lies before a 4 KiB boundary of the BAR; the return value says which.
 */
static void expect_write_from_bad(struct __test_metadata *_metadata,
				  struct memory_bar *bar, size_t off, size_t count, size_t good,
				  ssize_t expected)
{
	u8 *pages = map_two_pages();
	u8 *from = pages + getpagesize() - good;
	ssize_t ret;

	fill_with_other(from, off, good);
	ret = do_write(bar->device, &bar->info, from, off, count);
	EXPECT_EQ(expected, ret);
	if (ret > 0)
		memcpy(bar->shadow + off, from, min_t(size_t, ret, good));
	expect_memory(_metadata, bar, off, count);

	fill_with_mark(bar->shadow + off, off, count);
	copy_to_bar(bar->map + off, bar->shadow + off, count);
	unmap_two_pages(pages);
}

TEST_F(vfio_pci_memory_bar_test, write_from_bad_pointer)
{
	expect_write_from_bad(_metadata, &self->bar, 0, 1, 0, -EFAULT);
	expect_write_from_bad(_metadata, &self->bar, 0, 8, 0, -EFAULT);
	expect_write_from_bad(_metadata, &self->bar, 1, 40, 0, -EFAULT);
}

TEST_F(vfio_pci_memory_bar_test, write_half_bad_register)
{
	size_t good;

	for (good = 1; good < 8; good++)
		expect_write_from_bad(_metadata, &self->bar, 8, 8, good, -EFAULT);
	for (good = 1; good < 4; good++)
		expect_write_from_bad(_metadata, &self->bar, 4, 4, good, -EFAULT);
	expect_write_from_bad(_metadata, &self->bar, 2, 2, 1, -EFAULT);
}

TEST_F(vfio_pci_memory_bar_test, write_half_bad_unaligned)
{
	size_t good;

	for (good = 1; good < 7; good++)
		expect_write_from_bad(_metadata, &self->bar, 1, 7, good, -EFAULT);
	expect_write_from_bad(_metadata, &self->bar, 3, 61, 60, -EFAULT);
}

TEST_F(vfio_pci_memory_bar_test, write_half_bad_page)
{
	if (self->bar.size < 2 * CHUNK)
		SKIP(return, "The BAR has less than two pages");

	expect_write_from_bad(_metadata, &self->bar, 0, CHUNK, 100, -EFAULT);
	expect_write_from_bad(_metadata, &self->bar, 0, CHUNK, CHUNK - 1, -EFAULT);
}

TEST_F(vfio_pci_memory_bar_test, write_second_page_bad)
{
	if (self->bar.size < 2 * CHUNK)
		SKIP(return, "The BAR has less than two pages");

	expect_write_from_bad(_metadata, &self->bar, CHUNK - 64, 128, 100, 64);
}

/*
 * Only the first @good bytes of the destination can be written. The return value
 * says how many of them are filled; the bytes beyond it are unchanged.
 */
static void expect_read_to_bad(struct __test_metadata *_metadata,
			       struct memory_bar *bar, size_t off, size_t count, size_t good)
{
	u8 *pages = map_two_pages();
	u8 *to = pages + getpagesize() - good;
	ssize_t ret;

	ret = pread(bar->device->fd, to, count, bar->info.offset + off);
	if (ret < 0) {
		EXPECT_EQ(EFAULT, errno);
		ret = 0;
	}
	ASSERT_LE(ret, good);

	EXPECT_EQ(0, memcmp(bar->shadow + off, to, ret));
	EXPECT_TRUE(all_are(pages, to - pages, FILLER));
	EXPECT_TRUE(all_are(to + ret, good - ret, FILLER)) {
		TH_LOG("pread(%zu) at %#zx did %zd and wrote more", count, off, ret);
	}
	unmap_two_pages(pages);
}

TEST_F(vfio_pci_memory_bar_test, read_half_bad_register)
{
	size_t good;

	for (good = 0; good < 8; good++)
		expect_read_to_bad(_metadata, &self->bar, 8, 8, good);
	for (good = 0; good < 4; good++)
		expect_read_to_bad(_metadata, &self->bar, 4, 4, good);
}

TEST_F(vfio_pci_memory_bar_test, read_half_bad_page)
{
	if (self->bar.size < 2 * CHUNK)
		SKIP(return, "The BAR has less than two pages");

	expect_read_to_bad(_metadata, &self->bar, 0, CHUNK, 104);
	expect_read_to_bad(_metadata, &self->bar, 3, CHUNK, CHUNK - 1);
	expect_read_to_bad(_metadata, &self->bar, CHUNK - 64, 128, 100);
}

int main(int argc, char *argv[])
{
	device_bdf = vfio_selftests_get_bdf(&argc, argv);
	memory_bar_index = getenv("VFIO_SELFTESTS_MEMORY_BAR");
	return test_harness_run(argc, argv);
}
