// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether the vfio_pci_core that is about to be patched is that of the headers that this
 * module was built with. Another one has another struct vfio_pci_core_device behind the
 * same names.
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

/* The CRC of an export covers the structures that it is given. */
static u32 compat_sum_of_crcs(const struct module *mod)
{
	u32 sum = compat_sum(mod->crcs, mod->num_syms);

	/* Kernels since 7.1 have one table of exports. */
#ifndef COMPAT_ONE_EXPORT_TABLE
	sum += compat_sum(mod->gpl_crcs, mod->num_gpl_syms);
#endif

	return sum;
}

/* What is wanted is from the headers' Module.symvers; 0 if that does not say. */
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
/* Has the module loader compare the CRC of an export that is given the structure. */
static const void *const compat_vfio_pci_core_version __used = vfio_pci_core_enable;
#endif

/**
 * compat_vfio_pci_check_origin() - Is this the vfio_pci_core of the headers?
 * @mod: the module that is about to be patched; NULL if vfio_pci_core is built in, so
 *	that the module loader has made the comparison
 *
 * A module that was built outside of a kernel tree is not the headers'. Where modules have
 * versions, the CRCs of all exports must be those of the headers too, so that a module from
 * another kernel's tree is noticed. Says why if it is another one.
 *
 * Context: process context.
 * Return: 0 if it is, -ENOEXEC if it is another one.
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

	pr_err("vfio_pci_core (srcversion %s) %s, and is not that of kernel %s, which this livepatch is for: load that kernel's own, or do without the livepatch\n",
	       mod->srcversion ?: "none", difference, UTS_RELEASE);

	return -ENOEXEC;
}
