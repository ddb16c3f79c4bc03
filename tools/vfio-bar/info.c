// SPDX-License-Identifier: GPL-2.0-only
/* vfio-bar info: one line for each BAR. */
#include <stdio.h>
#include <string.h>
#include <linux/pci_regs.h>

#include "commands.h"
#include "complain.h"
#include "macros.h"

/* IORESOURCE_* flags as sysfs shows them; no UAPI header has them. */
#define RESOURCE_IO		0x00000100
#define RESOURCE_PREFETCH	0x00002000
#define RESOURCE_MEM_64		0x00100000

static void print_size(unsigned long long size)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB", "PiB" };
	unsigned long long number = size;
	size_t i = 0;

	while (number && !(number & 1023) && i < ARRAY_SIZE(units) - 1) {
		number >>= 10;
		i++;
	}
	printf("size 0x%llx (%llu %s)", size, number, units[i]);
}

static void print_kind(const struct function *func, unsigned int index)
{
	unsigned long long flags;

	if (index == VFIO_PCI_ROM_REGION_INDEX)
		printf("ROM");
	else if (!function_resource_flags(func, index, &flags) || !flags)
		printf("unknown kind");
	else if (flags & RESOURCE_IO)
		printf("I/O ports");
	else
		printf("%s%s", flags & RESOURCE_MEM_64 ? "mem64" : "mem32",
		       flags & RESOURCE_PREFETCH ? " prefetchable" : "");
}

static void print_flags(unsigned int flags)
{
	static const struct {
		unsigned int flag;
		const char *name;
	} names[] = {
		{ VFIO_REGION_INFO_FLAG_READ, "read" },
		{ VFIO_REGION_INFO_FLAG_WRITE, "write" },
		{ VFIO_REGION_INFO_FLAG_MMAP, "mmap" },
		{ VFIO_REGION_INFO_FLAG_CAPS, "caps" },
	};
	const char *separator = "";
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (!(flags & names[i].flag))
			continue;
		printf("%s%s", separator, names[i].name);
		separator = " ";
	}
	if (!*separator)
		printf("no access");
}

static void print_area(const struct area *area)
{
	if (area->size)
		printf(" 0x%llx-0x%llx", area->offset, area->offset + (area->size - 1));
	else
		printf(" none");
}

/* Prints the areas that can be mapped. Returns false if the capability is cut short. */
static bool print_sparse(const struct region *region, size_t pos)
{
	struct vfio_region_info_cap_sparse_mmap sparse;
	size_t left = region_cap_size(region, pos);
	const char *from = (const char *)region->info + pos;
	unsigned int i;

	if (left < sizeof(sparse))
		return false;
	memcpy(&sparse, from, sizeof(sparse));
	left -= sizeof(sparse);
	from += sizeof(sparse);
	if (sparse.nr_areas > left / sizeof(struct vfio_region_sparse_mmap_area))
		return false;

	printf(", mmap only");
	if (!sparse.nr_areas)
		printf(" none");
	for (i = 0; i < sparse.nr_areas; i++) {
		struct vfio_region_sparse_mmap_area mapped;
		struct area area;

		memcpy(&mapped, from + i * sizeof(mapped), sizeof(mapped));
		area.offset = mapped.offset;
		area.size = mapped.size;
		print_area(&area);
	}
	return true;
}

static void print_width(const char *what, const struct vfio_region_access *access)
{
	static const char *const names[] = {
		[VFIO_REGION_ACCESS_NATURAL] = "natural",
		[VFIO_REGION_ACCESS_BLOCK] = "block",
		[VFIO_REGION_ACCESS_ANY] = "any",
	};

	if (!access->max_width)
		printf(", %s none", what);
	else if (access->align < ARRAY_SIZE(names))
		printf(", %s %u %s boundary %u", what, access->max_width, names[access->align],
		       access->boundary);
	else
		printf(", %s %u alignment %u boundary %u", what, access->max_width, access->align,
		       access->boundary);
}

/* Prints the access widths if the kernel tells them. */
static void print_access(struct device *dev, unsigned int index)
{
	struct vfio_device_feature_region_access access;
	struct area hole;

	if (!device_region_access(dev, index, &access))
		return;

	print_width("read-width", &access.read);
	print_width("write-width", &access.write);
	hole.offset = access.hole_offset;
	hole.size = access.hole_size;
	if (hole.size) {
		printf(", hole");
		print_area(&hole);
	}
}

/* Returns NULL, or what is wrong with the list. */
static const char *print_caps(const struct region *region)
{
	struct vfio_info_cap_header cap;
	size_t pos = 0;
	int more;

	while ((more = region_next_cap(region, &pos, &cap)) > 0) {
		if (cap.id == VFIO_REGION_INFO_CAP_SPARSE_MMAP && cap.version == 1) {
			if (!print_sparse(region, pos))
				return "the sparse mmap capability is cut short";
		} else if (cap.id == VFIO_REGION_INFO_CAP_MSIX_MAPPABLE) {
			printf(", msix-mappable");
		} else {
			printf(", capability %u version %u", cap.id, cap.version);
		}
	}
	return more ? "it leaves the region info or runs backwards" : NULL;
}

static int print_region(struct device *dev, unsigned int index, const struct area *msix_table)
{
	struct region region;
	const char *wrong;

	if (region_open(dev, index, &region))
		return -1;
	if (!region.info->size) {
		region_close(&region);
		return 0;
	}

	printf("%s: ", region_name(index));
	print_size(region.info->size);
	printf(", ");
	print_kind(&dev->func, index);
	printf(", ");
	print_flags(region.info->flags);
	printf(", offset 0x%llx", (unsigned long long)region.info->offset);
	if (msix_table->size) {
		printf(", msix-table");
		print_area(msix_table);
	}
	wrong = print_caps(&region);
	if (!wrong)
		print_access(dev, index);
	putchar('\n');
	region_close(&region);

	if (wrong)
		return complain("the capability list of %s of %s is broken: %s",
				region_name(index), dev->func.bdf, wrong);
	return 0;
}

static void print_decode(const struct device *dev, const char *what, unsigned int bit)
{
	bool on = dev->command & bit, was_on = dev->found_command & bit;

	printf("%s decode %s", what, on ? "on" : "off");
	if (on != was_on)
		printf(" (%s when opened)", was_on ? "on" : "off");
}

int do_info(struct device *dev, const struct options *opts)
{
	static const struct area nowhere;
	unsigned int vendor, id, index, msix_index = 0;
	struct area msix_table;

	(void)opts;
	if (device_config_read(dev, PCI_VENDOR_ID, 2, &vendor) ||
	    device_config_read(dev, PCI_DEVICE_ID, 2, &id) ||
	    device_msix_table(dev, &msix_index, &msix_table))
		return -1;

	printf("%s: %04x:%04x, driver %s, %s group %s\n", dev->func.bdf, vendor, id,
	       dev->func.driver[0] ? dev->func.driver : "unknown",
	       dev->noiommu ? "no-IOMMU" : "IOMMU", dev->func.group);
	printf("command 0x%04x: ", dev->command);
	print_decode(dev, "memory", PCI_COMMAND_MEMORY);
	printf(", ");
	print_decode(dev, "I/O", PCI_COMMAND_IO);
	putchar('\n');

	for (index = VFIO_PCI_BAR0_REGION_INDEX; index <= VFIO_PCI_ROM_REGION_INDEX; index++) {
		if (print_region(dev, index, index == msix_index ? &msix_table : &nowhere))
			return -1;
	}
	return 0;
}
