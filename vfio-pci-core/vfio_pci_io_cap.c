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
#include <linux/sysfs.h>

#include "vfio_pci_io_cap.h"

/* The widest payload that any platform's table has. */
#define VFIO_PCI_IO_CAP_MAX	4096

#define VFIO_PCI_IO_CAPS	16

struct vfio_pci_io_cap {
	u16 vendor;
	u16 device;
	u32 max_width;
};

/* Functions that are known not to stand wider accesses; vendor 0 ends the table. */
static const struct vfio_pci_io_cap vfio_pci_io_known_caps[] = {
	{}
};

/* What bar_max_width_ids= adds to them while the module loads. */
static struct vfio_pci_io_cap vfio_pci_io_caps[VFIO_PCI_IO_CAPS + 1];

static unsigned int vfio_pci_io_bar_max_width;

/* There is one, or somebody has set one, ever. */
bool vfio_pci_io_capped __read_mostly = ARRAY_SIZE(vfio_pci_io_known_caps) > 1;

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
	WRITE_ONCE(vfio_pci_io_capped, true);

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

static int vfio_pci_io_add_cap(const struct vfio_pci_io_cap *cap)
{
	unsigned int i;

	for (i = 0; vfio_pci_io_caps[i].vendor; i++)
		;
	if (i == VFIO_PCI_IO_CAPS) {
		pr_err("bar_max_width_ids: no room for more than %u entries\n", i);
		return -ENOSPC;
	}
	vfio_pci_io_caps[i] = *cap;
	WRITE_ONCE(vfio_pci_io_capped, true);

	return 0;
}

/* Built in, this runs before there is memory to allocate. */
static int vfio_pci_io_set_bar_max_width_ids(const char *val, const struct kernel_param *kp)
{
	unsigned int vendor, device, width;
	struct vfio_pci_io_cap cap;
	int len, ret;

	while (*val && *val != '\n') {
		len = 0;
		if (sscanf(val, "%4x:%4x:%4u%n", &vendor, &device, &width, &len) != 3 ||
		    (val[len] && val[len] != ',' && val[len] != '\n') ||
		    !vendor || !vfio_pci_io_cap_valid(width)) {
			pr_err("bar_max_width_ids: \"%s\" does not begin with vendor:device:width, like 8086:1572:4\n",
			       val);
			return -EINVAL;
		}

		cap = (struct vfio_pci_io_cap) { vendor, device, width };
		ret = vfio_pci_io_add_cap(&cap);
		if (ret)
			return ret;

		val += len;
		if (*val == ',')
			val++;
	}

	return 0;
}

static int vfio_pci_io_get_bar_max_width_ids(char *buf, const struct kernel_param *kp)
{
	const struct vfio_pci_io_cap *cap;
	int len = 0;

	for (cap = vfio_pci_io_caps; cap->vendor; cap++)
		len += sysfs_emit_at(buf, len, "%s%04x:%04x:%u", len ? "," : "",
				     cap->vendor, cap->device, cap->max_width);

	return len + sysfs_emit_at(buf, len, "\n");
}

static const struct kernel_param_ops vfio_pci_io_bar_max_width_ids_ops = {
	.set = vfio_pci_io_set_bar_max_width_ids,
	.get = vfio_pci_io_get_bar_max_width_ids,
};

module_param_cb(bar_max_width_ids, &vfio_pci_io_bar_max_width_ids_ops, NULL, 0444);
MODULE_PARM_DESC(bar_max_width_ids,
		 "Widest single access to the BARs of some functions, vendor:device:width[,...], for example 8086:1572:4");

static u32 vfio_pci_io_lower(u32 max, const struct vfio_pci_io_cap *cap, struct pci_dev *pdev)
{
	for (; cap->vendor; cap++)
		if (cap->vendor == pdev->vendor && cap->device == pdev->device)
			max = min_not_zero(max, cap->max_width);

	return max;
}

/**
 * vfio_pci_io_look_up_cap() - The width that people limit a function's BARs to
 * @pdev: the function
 *
 * The least of bar_max_width= and of the function's entries in the table by device
 * ID. bar_max_width= may change at run time and is read once, so that a request
 * keeps the limit that it began with.
 *
 * Context: any.
 * Return: bytes, a power of two, or 0 if there is no limit.
 */
u32 vfio_pci_io_look_up_cap(struct pci_dev *pdev)
{
	u32 max = READ_ONCE(vfio_pci_io_bar_max_width);

	max = vfio_pci_io_lower(max, vfio_pci_io_known_caps, pdev);

	return vfio_pci_io_lower(max, vfio_pci_io_caps, pdev);
}
