// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ranges of a BAR where an access has side effects, as far as configuration space and the
 * specification of the function's class tell. A device can have others.
 */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/pci_regs.h>
#include <linux/virtio_pci.h>

#include "complain.h"
#include "hazard.h"
#include "macros.h"

#define HAZARDS_MAX	32

#define VENDOR_VIRTIO		0x1af4
#define VIRTIO_OLD_DEVICES	0x1040	/* below that, BAR 0 has the legacy registers */

#define CLASS_NVME		0x010802
#define NVME_DOORBELLS		0x1000

#define CLASS_XHCI		0x0c0330
#define XHCI_DBOFF		0x14
#define XHCI_DOORBELLS_SIZE	(256 * 4)

#define TO_THE_END		(~0ULL)

/**
 * struct hazard - a range where accesses have side effects
 * @index: region index of the BAR
 * @area: range in the BAR
 * @what: its name
 * @writes_only: reads have no side effects
 */
struct hazard {
	unsigned int index;
	struct area area;
	const char *what;
	bool writes_only;
};

struct hazards {
	struct hazard list[HAZARDS_MAX];
	size_t count;
};

static void add(struct hazards *hazards, struct hazard hazard)
{
	if (hazards->count < HAZARDS_MAX)
		hazards->list[hazards->count++] = hazard;
}

static int add_msix(struct device *dev, struct hazards *hazards, unsigned int pos)
{
	unsigned int flags, table, pba, vectors;

	if (device_config_read(dev, pos + PCI_MSIX_FLAGS, 2, &flags) ||
	    device_config_read(dev, pos + PCI_MSIX_TABLE, 4, &table) ||
	    device_config_read(dev, pos + PCI_MSIX_PBA, 4, &pba))
		return -1;

	vectors = (flags & PCI_MSIX_FLAGS_QSIZE) + 1;
	add(hazards, (struct hazard) {
		.index = table & PCI_MSIX_TABLE_BIR,
		.area = { table & PCI_MSIX_TABLE_OFFSET, vectors * PCI_MSIX_ENTRY_SIZE },
		.what = "MSI-X table",
	});
	add(hazards, (struct hazard) {
		.index = pba & PCI_MSIX_PBA_BIR,
		.area = { pba & PCI_MSIX_PBA_OFFSET, (vectors + 63) / 64 * 8 },
		.what = "MSI-X pending bit array",
	});
	return 0;
}

static int add_virtio(struct device *dev, struct hazards *hazards, unsigned int pos)
{
	static const struct {
		const char *what;
		bool writes_only;
	} kinds[] = {
		[VIRTIO_PCI_CAP_COMMON_CFG] = { "virtio common configuration", true },
		[VIRTIO_PCI_CAP_NOTIFY_CFG] = { "virtio notification area", false },
		[VIRTIO_PCI_CAP_ISR_CFG] = { "virtio interrupt status", false },
		[VIRTIO_PCI_CAP_DEVICE_CFG] = { "virtio device configuration", true },
	};
	unsigned int kind, bar, offset, size;

	if (device_config_read(dev, pos + VIRTIO_PCI_CAP_CFG_TYPE, 1, &kind) ||
	    device_config_read(dev, pos + VIRTIO_PCI_CAP_BAR, 1, &bar) ||
	    device_config_read(dev, pos + VIRTIO_PCI_CAP_OFFSET, 4, &offset) ||
	    device_config_read(dev, pos + VIRTIO_PCI_CAP_LENGTH, 4, &size))
		return -1;

	if (kind < ARRAY_SIZE(kinds) && kinds[kind].what)
		add(hazards, (struct hazard) {
			.index = bar,
			.area = { offset, size },
			.what = kinds[kind].what,
			.writes_only = kinds[kind].writes_only,
		});
	return 0;
}

/*
 * BAR 0 has the common configuration, with the notification, status and ISR registers in
 * it, and then the device configuration.
 */
static void add_legacy_virtio(struct hazards *hazards)
{
	add(hazards, (struct hazard) {
		.area = { VIRTIO_PCI_QUEUE_NOTIFY, 4 },
		.what = "virtio legacy notification and status registers",
	});
	add(hazards, (struct hazard) {
		.area = { 0, TO_THE_END },
		.what = "virtio legacy configuration",
		.writes_only = true,
	});
}

static int add_capabilities(struct device *dev, struct hazards *hazards, unsigned int vendor)
{
	struct cap cap = { .pos = 0 };
	int more, ret = 0;

	while ((more = device_next_cap(dev, &cap)) > 0 && !ret) {
		if (cap.id == PCI_CAP_ID_MSIX)
			ret = add_msix(dev, hazards, cap.pos);
		else if (cap.id == PCI_CAP_ID_VNDR && vendor == VENDOR_VIRTIO)
			ret = add_virtio(dev, hazards, cap.pos);
	}
	return more < 0 ? -1 : ret;
}

/* A register has the offset of xHCI's doorbells; reading it has no side effects. */
static void add_xhci(struct device *dev, struct hazards *hazards)
{
	unsigned char bytes[4] = { 0 };
	struct region bar;
	ssize_t n = 0;

	if (region_open(dev, 0, &bar))
		return;
	if (bar.info->size)
		n = pread(dev->fd, bytes, sizeof(bytes), bar.info->offset + XHCI_DBOFF);
	region_close(&bar);
	if (n != sizeof(bytes))
		return;

	add(hazards, (struct hazard) {
		.area.offset = bytes[0] | bytes[1] << 8 | bytes[2] << 16 |
			       (unsigned long long)bytes[3] << 24,
		.area.size = XHCI_DOORBELLS_SIZE,
		.what = "xHCI doorbells",
	});
}

static int find_all(struct device *dev, struct hazards *hazards)
{
	unsigned int vendor, device, class;

	hazards->count = 0;
	if (device_config_read(dev, PCI_VENDOR_ID, 2, &vendor) ||
	    device_config_read(dev, PCI_DEVICE_ID, 2, &device) ||
	    device_config_read(dev, PCI_CLASS_REVISION, 4, &class))
		return -1;

	class >>= 8;
	if (class == CLASS_NVME)
		add(hazards, (struct hazard) {
			.area = { NVME_DOORBELLS, TO_THE_END - NVME_DOORBELLS },
			.what = "NVMe doorbells",
		});
	if (class == CLASS_XHCI)
		add_xhci(dev, hazards);
	if (vendor == VENDOR_VIRTIO && device < VIRTIO_OLD_DEVICES)
		add_legacy_virtio(hazards);
	return add_capabilities(dev, hazards, vendor);
}

/*
 * Looks for a hazard in the @count bytes at the offset. Returns 1 with *@what set, 0 if
 * none is known or --force is given.
 */
int hazard_at(struct device *dev, const struct options *opts, size_t count, const char **what)
{
	struct hazards hazards;
	size_t i;

	if (opts->force)
		return 0;
	if (find_all(dev, &hazards))
		return -1;

	for (i = 0; i < hazards.count; i++) {
		const struct hazard *hazard = &hazards.list[i];

		if (hazard->index != opts->index || (hazard->writes_only && !opts->write) ||
		    opts->offset >= hazard->area.offset + hazard->area.size ||
		    opts->offset + count <= hazard->area.offset)
			continue;
		*what = hazard->what;
		return 1;
	}
	return 0;
}

int hazard_refuse(struct device *dev, const struct options *opts, size_t count)
{
	const char *what;
	int found = hazard_at(dev, opts, count, &what);

	if (found <= 0)
		return found;
	return complain("0x%llx in %s of %s is in the %s, where accesses have side effects: %s",
			opts->offset, region_name(opts->index), dev->func.bdf, what,
			"choose another offset, or use --force");
}
