// SPDX-License-Identifier: GPL-2.0-only
/*
 * A livepatch that replaces vfio_pci_bar_rw() of a running vfio_pci_core with the
 * BAR region path, for vfio-pci and for all variant drivers. It also takes effect
 * on devices that are already open.
 */

#include <linux/livepatch.h>
#include <linux/module.h>

#include "vfio_pci_bar.h"
#include "vfio_pci_vdev.h"

/*
 * Before the module can be unloaded, the kernel waits until no task has *this*
 * function on its stack; it does not check for others in the module. So it must stay
 * on the stack while the request runs: no tail call, and no code that the compiler
 * could move to a .cold part.
 */
static noinline ssize_t
vfio_pci_width_bar_rw(struct vfio_pci_core_device *vdev, char __user *buf,
		      size_t count, loff_t *ppos, bool iswrite)
{
	ssize_t ret = vfio_pci_bar_rw(vdev, buf, count, ppos, iswrite);

	barrier();

	return ret;
}

static struct klp_func vfio_pci_width_funcs[] = {
	{
		.old_name = "vfio_pci_bar_rw",
		.new_func = vfio_pci_width_bar_rw,
	},
	{}
};

/*
 * An error rejects the livepatch or, if the livepatch is loaded first, vfio_pci_core.
 */
static int vfio_pci_width_pre_patch(struct klp_object *obj)
{
	return compat_vfio_pci_check_origin(obj->mod);
}

static struct klp_object vfio_pci_width_objs[] = {
	{
		.name = IS_BUILTIN(CONFIG_VFIO_PCI_CORE) ? NULL : "vfio_pci_core",
		.funcs = vfio_pci_width_funcs,
		.callbacks.pre_patch = vfio_pci_width_pre_patch,
	},
	{}
};

static struct klp_patch vfio_pci_width_patch = {
	.mod = THIS_MODULE,
	.objs = vfio_pci_width_objs,
};

static int __init vfio_pci_width_init(void)
{
	return klp_enable_patch(&vfio_pci_width_patch);
}

/* A module without an exit function cannot be unloaded. */
static void __exit vfio_pci_width_exit(void)
{
}

module_init(vfio_pci_width_init);
module_exit(vfio_pci_width_exit);

MODULE_INFO(livepatch, "Y");
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("vfio-pci: BAR access that keeps its width, as a livepatch");
MODULE_VERSION(VFIO_PCI_WIDTH_VERSION);
