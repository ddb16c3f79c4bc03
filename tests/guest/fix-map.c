// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mapping of a BAR of 3 TiB that extends beyond what the kernel zaps when memory decode
 * goes off. The device file has 1 TiB for each region, and the ROM follows BAR 5: a longer
 * mapping of BAR n reaches the ROM's region at offset (6 - n) TiB.
 *
 *   fix-map BDF BAR GROW PRESENT
 *
 * GROW and PRESENT are the files of tests/bar-grow. Logs
 *
 *   map NAME refused ERROR	mmap() failed
 *   map NAME BYTES		it succeeded, and for some of the pages
 *   page NAME OFFSET BEFORE AFTER DMA
 *				whether the page is in the page table ("present" or "absent")
 *				before and after memory decode is turned off, and whether VFIO
 *				then maps it for DMA, or the error
 *
 * for the mappings "long", 64 KiB more than up to the ROM's region, and "short", 1 TiB.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest.h"

#define TIB	0x10000000000ULL
#define BEYOND	0x10000ULL
#define PAGES	3

/* Any DMA address outside the interrupts' range, which is near 4 GiB. */
#define IOVA	0x40000000ULL

static struct device dev;
static struct guest_bar bar;
static unsigned int bar_index;
static const char *present_file;

static bool is_present(const void *page)
{
	int fd = open(present_file, O_WRONLY | O_CLOEXEC);
	char text[32];
	int len, err;
	ssize_t n;

	if (fd < 0)
		guest_die("%s: %s", present_file, strerror(errno));
	len = snprintf(text, sizeof(text), "0x%lx", (unsigned long)page);
	n = write(fd, text, len);
	err = errno;
	close(fd);
	if (n != len && err != ENODATA)
		guest_die("cannot look for %s: %s", text, strerror(err));

	return n == len;
}

/*
 * Let the kernel fault in a page, which we must not touch: beyond the BAR's true end there
 * is nothing, perhaps not even a physical address. Mapping it for DMA does so, whether or
 * not the IOMMU accepts the address in the end. Returns the errno.
 */
static int map_dma(void *page)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ,
		.vaddr = (uintptr_t)page,
		.iova = IOVA,
		.size = PAGE,
	};
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = IOVA,
		.size = PAGE,
	};

	if (ioctl(dev.container, VFIO_IOMMU_MAP_DMA, &map))
		return errno;
	if (ioctl(dev.container, VFIO_IOMMU_UNMAP_DMA, &unmap))
		guest_die("cannot unmap from DMA: %s", strerror(errno));

	return 0;
}

static void try_mapping(const char *name, unsigned long long size,
			const unsigned long long *offsets)
{
	unsigned char *map;
	bool before[PAGES], after;
	unsigned int i;
	int err;

	map = mmap(NULL, size, PROT_READ, MAP_SHARED | MAP_NORESERVE, dev.fd, bar.pos);
	if (map == MAP_FAILED) {
		guest_log("map %s refused %s\n", name, strerrorname_np(errno));
		return;
	}

	guest_log("map %s 0x%llx\n", name, size);
	for (i = 0; i < PAGES; i++) {
		if (is_present(map + offsets[i]))
			guest_die("%s: 0x%llx is present from the start", name, offsets[i]);
		if (offsets[i])
			map_dma(map + offsets[i]);
		else
			*(volatile unsigned char *)map;
		before[i] = is_present(map + offsets[i]);
	}
	guest_set_command(&dev, 0, PCI_COMMAND_MEMORY);
	for (i = 0; i < PAGES; i++) {
		after = is_present(map + offsets[i]);
		err = map_dma(map + offsets[i]);
		guest_log("page %s 0x%llx %s %s %s\n", name, offsets[i],
			  before[i] ? "present" : "absent", after ? "present" : "absent",
			  err ? strerrorname_np(err) : "mapped");
	}
	guest_set_command(&dev, PCI_COMMAND_MEMORY, 0);
	munmap(map, size);
}

static void try_mappings(void)
{
	unsigned long long beyond = (VFIO_PCI_ROM_REGION_INDEX - bar_index) * TIB;
	const unsigned long long long_pages[PAGES] = { 0, TIB, beyond };
	const unsigned long long short_pages[PAGES] = { 0, TIB / 2, TIB - PAGE };

	try_mapping("long", beyond + BEYOND, long_pages);
	try_mapping("short", TIB, short_pages);
}

int main(int argc, char **argv)
{
	unsigned long long size;
	char text[64];

	guest_open();
	if (argc != 5)
		guest_die("usage: fix-map BDF BAR GROW PRESENT");
	bar_index = guest_number(argv[2]);
	if (bar_index > VFIO_PCI_BAR5_REGION_INDEX)
		guest_die("no BAR: %s", argv[2]);
	present_file = argv[4];
	if (device_open(&dev, argv[1], true))
		guest_die("cannot open %s", argv[1]);

	size = (VFIO_PCI_ROM_REGION_INDEX + 1 - bar_index) * TIB;
	snprintf(text, sizeof(text), "%s %u %llu", argv[1], bar_index, size);
	guest_write_file(argv[3], text);
	if (guest_bar_open(&dev, bar_index, &bar))
		guest_die("no BAR %u of %s", bar_index, argv[1]);
	if (bar.size != size || !(bar.flags & VFIO_REGION_INFO_FLAG_MMAP))
		guest_die("the BAR has not grown, or cannot be mapped: 0x%llx bytes, flags 0x%x",
			  bar.size, bar.flags);
	try_mappings();
	/* The kernel releases the BAR with the length that it then sees. */
	guest_write_file(argv[3], "0");
	device_close(&dev);

	return 0;
}
