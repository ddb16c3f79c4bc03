// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks that the vfio_pci_core to be patched matches the headers that this module was
 * built with. A different vfio_pci_core may export the same names with a different
 * struct vfio_pci_core_device.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/module.h>
#include <linux/panic.h>
#include <linux/printk.h>
#include <linux/types.h>
#include <linux/vfio_pci_core.h>

#include <generated/utsrelease.h>

#include "vfio_pci_vdev.h"

#ifdef CONFIG_MODVERSIONS

static u32 compat_sum(const void *crcs, unsigned int count)
{
	const u32 *crc = crcs;
	u32 sum = 0;

	while (crc && count--)
		sum += *crc++;

	return sum;
}

/* The CRC of an export covers the layout of its parameters' structures. */
static u32 compat_sum_of_crcs(const struct module *mod)
{
	u32 sum = compat_sum(mod->crcs, mod->num_syms);

	/* Since 7.1, there is one table of exports. */
#ifndef COMPAT_ONE_EXPORT_TABLE
	sum += compat_sum(mod->gpl_crcs, mod->num_gpl_syms);
#endif

	return sum;
}

/* COMPAT_SUM_OF_CRCS comes from the headers' Module.symvers; 0 if that has none. */
static bool compat_crcs_differ(const struct module *mod)
{
	const u32 wanted = COMPAT_SUM_OF_CRCS;

	return wanted && compat_sum_of_crcs(mod) != wanted;
}

#else

static bool compat_crcs_differ(const struct module *mod)
{
	return false;
}

#endif /* CONFIG_MODVERSIONS */

#if IS_BUILTIN(CONFIG_VFIO_PCI_CORE)
/* The module loader compares the CRC of this export, which takes the structure. */
static const void *const compat_vfio_pci_core_version __used = vfio_pci_core_enable;
#endif

/**
 * compat_vfio_pci_check_origin() - Check that vfio_pci_core matches the headers
 * @mod: the module to be patched; NULL if vfio_pci_core is built in, as the module
 *	loader then makes the comparison
 *
 * A module built outside of a kernel tree does not match. With CONFIG_MODVERSIONS, the
 * CRCs of all exports must match too, which excludes a module from another kernel's tree.
 * Logs the difference.
 *
 * Context: process context.
 * Return: 0 if it matches, -ENOEXEC if not.
 */
int compat_vfio_pci_check_origin(const struct module *mod)
{
	const char *difference;

	if (!mod)
		return 0;

	if (mod->taints & BIT(TAINT_OOT_MODULE))
		difference = "was built out of tree";
	else if (compat_crcs_differ(mod))
		difference = "has other versions of its exports";
	else
		return 0;

	pr_err("vfio_pci_core (srcversion %s) %s and does not match kernel %s, for which this livepatch was built: load that kernel's own vfio_pci_core, or run without the livepatch\n",
	       mod->srcversion ?: "none", difference, UTS_RELEASE);

	return -ENOEXEC;
}
