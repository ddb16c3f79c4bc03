// SPDX-License-Identifier: GPL-2.0-only
/*
 * The administrator's limits of the access width. bar_max_width= takes a width for all
 * functions, widths by vendor and device ID, or both: "8,8086:1572:4,1106:3483:4".
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include <kunit/visibility.h>

#include "vfio_pci_io.h"

#define VFIO_PCI_IO_LIMIT_MAX	4096	/* no platform has a wider access */
#define VFIO_PCI_IO_LIMIT_IDS	16

struct vfio_pci_io_limits {
	u32 width;
	u32 nr_ids;
	struct vfio_pci_io_limit_id {
		u16 vendor;
		u16 device;
		u32 width;
	} id[VFIO_PCI_IO_LIMIT_IDS];
};

static struct vfio_pci_io_limits vfio_pci_io_limits;
static DEFINE_SPINLOCK(vfio_pci_io_limits_lock);

/* True while any limit is set. Without one, no request takes the lock. */
static bool vfio_pci_io_limited __read_mostly;

/* Parse the first entry of @text. Returns its length, or 0 if it is not valid. */
static int vfio_pci_io_parse_limit(const char *text, struct vfio_pci_io_limits *limits)
{
	unsigned int vendor, device, width;
	int len = 0;

	if (sscanf(text, "%4x:%4x:%4u%n", &vendor, &device, &width, &len) == 3) {
		if (limits->nr_ids == VFIO_PCI_IO_LIMIT_IDS)
			return 0;
		limits->id[limits->nr_ids++] = (struct vfio_pci_io_limit_id) {
			.vendor = vendor, .device = device, .width = width,
		};
	} else if (sscanf(text, "%4u%n", &width, &len) == 1) {
		limits->width = width;
	} else {
		return 0;
	}

	/* sscanf() skips blanks; they are not valid here. */
	if (strcspn(text, " \t\n\v\f\r") < len)
		return 0;
	if (width && (!is_power_of_2(width) || width > VFIO_PCI_IO_LIMIT_MAX))
		return 0;

	return len;
}

/* All or nothing. No kmalloc(): it does not work yet when the command line is parsed. */
VISIBLE_IF_KUNIT int vfio_pci_io_set_limits(const char *val, const struct kernel_param *kp)
{
	struct vfio_pci_io_limits limits = {};
	const char *text = val;
	int len;

	do {
		len = vfio_pci_io_parse_limit(text, &limits);
		text += len;
	} while (len && *text == ',' && text++);

	if (!len || (*text && strcmp(text, "\n"))) {
		pr_err("bar_max_width: \"%.*s\" is neither a width (0, 1, 2, 4, ... %u) nor one of at most %u vendor:device:width (8086:1572:4)\n",
		       min_t(int, strcspn(text, "\n"), 32), text, VFIO_PCI_IO_LIMIT_MAX,
		       VFIO_PCI_IO_LIMIT_IDS);
		return -EINVAL;
	}

	spin_lock(&vfio_pci_io_limits_lock);
	vfio_pci_io_limits = limits;
	spin_unlock(&vfio_pci_io_limits_lock);
	WRITE_ONCE(vfio_pci_io_limited, limits.width || limits.nr_ids);

	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_pci_io_set_limits);

VISIBLE_IF_KUNIT int vfio_pci_io_get_limits(char *buf, const struct kernel_param *kp)
{
	const struct vfio_pci_io_limit_id *id = vfio_pci_io_limits.id;
	int len;
	u32 i;

	spin_lock(&vfio_pci_io_limits_lock);
	len = sysfs_emit(buf, "%u", vfio_pci_io_limits.width);
	for (i = 0; i < vfio_pci_io_limits.nr_ids; i++)
		len += sysfs_emit_at(buf, len, ",%04x:%04x:%u", id[i].vendor,
				     id[i].device, id[i].width);
	spin_unlock(&vfio_pci_io_limits_lock);

	return len + sysfs_emit_at(buf, len, "\n");
}
EXPORT_SYMBOL_IF_KUNIT(vfio_pci_io_get_limits);

static const struct kernel_param_ops vfio_pci_io_limit_ops = {
	.set = vfio_pci_io_set_limits,
	.get = vfio_pci_io_get_limits,
};

module_param_cb(bar_max_width, &vfio_pci_io_limit_ops, NULL, 0644);
MODULE_PARM_DESC(bar_max_width,
		 "Widest access to a BAR in bytes, for all functions or by ID: WIDTH|VENDOR:DEVICE:WIDTH[,...]; 0 = what the platform can do (default: 0)");

/**
 * vfio_pci_io_width_limit() - Get the administrator's limit for a function
 * @pdev: the function
 *
 * Context: process context.
 * Return: bytes, a power of two, or 0 if there is no limit. The last entry for the
 * function's IDs overrides the width for all functions.
 */
u32 vfio_pci_io_width_limit(struct pci_dev *pdev)
{
	const struct vfio_pci_io_limit_id *id = vfio_pci_io_limits.id;
	u32 width, i;

	if (likely(!READ_ONCE(vfio_pci_io_limited)))
		return 0;

	spin_lock(&vfio_pci_io_limits_lock);
	width = vfio_pci_io_limits.width;
	for (i = 0; i < vfio_pci_io_limits.nr_ids; i++)
		if (id[i].vendor == pdev->vendor && id[i].device == pdev->device)
			width = id[i].width;
	spin_unlock(&vfio_pci_io_limits_lock);

	return width;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_pci_io_width_limit);
