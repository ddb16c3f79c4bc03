// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fakes a BAR of terabytes, which no emulated device has: sets the length that the kernel
 * sees of a BAR, until 0 is written or the module is unloaded. Also tells whether a page of
 * a mapping has an entry in the caller's page table.
 *
 *   echo BDF BAR BYTES >/sys/module/bar_grow/parameters/grow
 *   echo 0 >/sys/module/bar_grow/parameters/grow
 *   echo ADDRESS >/sys/module/bar_grow/parameters/present	-ENODATA if it has none
 *
 * Grow the BAR after its device is opened, and restore it before the device is closed:
 * opening claims and maps the whole BAR, for which the emulated machine has neither a bus
 * window nor enough address bits.
 */
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/sched.h>

static struct pci_dev *grown;
static unsigned int grown_bar;
static resource_size_t old_end;

static void shrink(void)
{
	if (!grown)
		return;
	grown->resource[grown_bar].end = old_end;
	pci_dev_put(grown);
	grown = NULL;
}

static int grow_bar(struct pci_dev *pdev, unsigned int bar, u64 size)
{
	struct resource *res;

	if (bar >= PCI_STD_NUM_BARS || !(pci_resource_flags(pdev, bar) & IORESOURCE_MEM))
		return -EINVAL;
	res = &pdev->resource[bar];
	if (size <= resource_size(res))
		return -EINVAL;

	old_end = res->end;
	res->end = res->start + size - 1;
	grown_bar = bar;
	grown = pci_dev_get(pdev);

	return 0;
}

static int grow(const char *text, const struct kernel_param *kp)
{
	unsigned int domain, bus, slot, func, bar;
	struct pci_dev *pdev;
	u64 size;
	int ret;

	shrink();
	if (sscanf(text, "%x:%x:%x.%x %u %lli", &domain, &bus, &slot, &func, &bar, &size) != 6)
		return sysfs_streq(text, "0") ? 0 : -EINVAL;

	pdev = pci_get_domain_bus_and_slot(domain, bus, PCI_DEVFN(slot, func));
	if (!pdev)
		return -ENODEV;
	ret = grow_bar(pdev, bar, size);
	pci_dev_put(pdev);

	return ret;
}

static const struct kernel_param_ops grow_ops = { .set = grow };

module_param_cb(grow, &grow_ops, NULL, 0200);

/* /proc/<pid>/pagemap does not show mappings without struct page. */
static int present(const char *text, const struct kernel_param *kp)
{
	struct follow_pfnmap_args args = {};
	int ret;

	ret = kstrtoul(text, 0, &args.address);
	if (ret)
		return ret;

	mmap_read_lock(current->mm);
	args.vma = vma_lookup(current->mm, args.address);
	if (!args.vma || !(args.vma->vm_flags & VM_PFNMAP))
		ret = -EFAULT;
	else if (follow_pfnmap_start(&args))
		ret = -ENODATA;
	else
		follow_pfnmap_end(&args);
	mmap_read_unlock(current->mm);

	return ret;
}

static const struct kernel_param_ops present_ops = { .set = present };

module_param_cb(present, &present_ops, NULL, 0200);

static int __init bar_grow_init(void)
{
	return 0;
}
module_init(bar_grow_init);

static void __exit bar_grow_exit(void)
{
	shrink();
}
module_exit(bar_grow_exit);

MODULE_DESCRIPTION("Fakes the length of a BAR");
MODULE_LICENSE("GPL");
