// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits of the access width that people set: for all devices, or by device ID.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/string.h>

#include "vfio_pci_io_cap.h"

/* The widest payload that any platform's table has. */
#define VFIO_PCI_IO_CAP_MAX	4096

#define VFIO_PCI_IO_CAP_IDS	16

/*
 * Functions that must not see wider accesses; driver_data is the limit in bytes.
 * Those known to need one come first, bar_max_width_ids= adds to the end while
 * the module loads, the last entry stays empty.
 */
static struct pci_device_id vfio_pci_io_cap_ids[VFIO_PCI_IO_CAP_IDS + 1];

static unsigned int vfio_pci_io_bar_max_width;

static bool vfio_pci_io_cap_valid(unsigned int width)
{
	return is_power_of_2(width) && width <= VFIO_PCI_IO_CAP_MAX;
}

static int vfio_pci_io_set_bar_max_width(const char *val, const struct kernel_param *kp)
{
	unsigned int width;
	int ret;

	ret = kstrtouint(val, 0, &width);
	if (ret)
		return ret;

	if (width && !vfio_pci_io_cap_valid(width)) {
		pr_err("bar_max_width: %u is neither 0 nor a power of two up to %u\n",
		       width, VFIO_PCI_IO_CAP_MAX);
		return -EINVAL;
	}

	WRITE_ONCE(*(unsigned int *)kp->arg, width);

	return 0;
}

static const struct kernel_param_ops vfio_pci_io_bar_max_width_ops = {
	.set = vfio_pci_io_set_bar_max_width,
	.get = param_get_uint,
};

module_param_cb(bar_max_width, &vfio_pci_io_bar_max_width_ops,
		&vfio_pci_io_bar_max_width, 0644);
MODULE_PARM_DESC(bar_max_width,
		 "Widest single access to a BAR in bytes: 1, 2, 4, 8, ..., 0 = what the platform can do (default: 0)");

static int vfio_pci_io_add_cap(const char *entry)
{
	unsigned int vendor, device, width, i;
	char rest;

	if (sscanf(entry, "%x:%x:%u%c", &vendor, &device, &width, &rest) != 3 ||
	    !vendor || vendor >= U16_MAX || device > U16_MAX ||
	    !vfio_pci_io_cap_valid(width)) {
		pr_err("bar_max_width_ids: \"%s\" is not vendor:device:width, like 8086:1572:4\n",
		       entry);
		return -EINVAL;
	}

	for (i = 0; vfio_pci_io_cap_ids[i].vendor; i++)
		;
	if (i == VFIO_PCI_IO_CAP_IDS) {
		pr_err("bar_max_width_ids: no room for \"%s\", %u entries at most\n",
		       entry, VFIO_PCI_IO_CAP_IDS);
		return -ENOSPC;
	}

	vfio_pci_io_cap_ids[i] = (struct pci_device_id) {
		PCI_DEVICE(vendor, device),
		.driver_data = width,
	};

	return 0;
}

static int vfio_pci_io_set_bar_max_width_ids(const char *val, const struct kernel_param *kp)
{
	char *ids, *next, *entry;
	int ret = 0;

	ids = kstrdup(val, GFP_KERNEL);
	if (!ids)
		return -ENOMEM;

	next = strim(ids);
	while (!ret && (entry = strsep(&next, ",")))
		ret = vfio_pci_io_add_cap(entry);

	kfree(ids);

	return ret;
}

static int vfio_pci_io_get_bar_max_width_ids(char *buf, const struct kernel_param *kp)
{
	const struct pci_device_id *id;
	int len = 0;

	for (id = vfio_pci_io_cap_ids; id->vendor; id++)
		len += sysfs_emit_at(buf, len, "%s%04x:%04x:%lu", len ? "," : "",
				     id->vendor, id->device, id->driver_data);

	return len + sysfs_emit_at(buf, len, "\n");
}

static const struct kernel_param_ops vfio_pci_io_bar_max_width_ids_ops = {
	.set = vfio_pci_io_set_bar_max_width_ids,
	.get = vfio_pci_io_get_bar_max_width_ids,
};

module_param_cb(bar_max_width_ids, &vfio_pci_io_bar_max_width_ids_ops, NULL, 0444);
MODULE_PARM_DESC(bar_max_width_ids,
		 "Widest single access to the BARs of some functions, vendor:device:width[,...], for example 8086:1572:4");

/**
 * vfio_pci_io_cap() - The width that people limit a function's BARs to
 * @pdev: the function
 *
 * The lesser of bar_max_width= and of the function's entry in the table by device
 * ID. bar_max_width= may change at run time and is read once, so that a request
 * keeps the limit that it began with.
 *
 * Context: any.
 * Return: bytes, a power of two, or 0 if there is no limit.
 */
u32 vfio_pci_io_cap(struct pci_dev *pdev)
{
	u32 max = READ_ONCE(vfio_pci_io_bar_max_width);
	const struct pci_device_id *id;

	id = pci_match_id(vfio_pci_io_cap_ids, pdev);
	if (id)
		max = min_not_zero(max, (u32)id->driver_data);

	return max;
}
