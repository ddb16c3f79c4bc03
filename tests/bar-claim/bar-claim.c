// SPDX-License-Identifier: GPL-2.0-only
/*
 * Claims a BAR without binding to its function, as efifb and simpledrm do with a GPU's
 * framebuffer, and releases it on command:
 *
 *   echo BDF BAR >/sys/module/bar_claim/parameters/claim
 *   echo 0 >/sys/module/bar_claim/parameters/claim
 */
#include <linux/ioport.h>
#include <linux/module.h>
#include <linux/pci.h>

static struct resource *claimed;

static void release(void)
{
	if (claimed)
		release_mem_region(claimed->start, resource_size(claimed));
	claimed = NULL;
}

static int claim_bar(struct pci_dev *pdev, unsigned int bar)
{
	if (bar >= PCI_STD_NUM_BARS || !(pci_resource_flags(pdev, bar) & IORESOURCE_MEM))
		return -EINVAL;

	claimed = request_mem_region(pci_resource_start(pdev, bar), pci_resource_len(pdev, bar),
				     KBUILD_MODNAME);

	return claimed ? 0 : -EBUSY;
}

static int claim(const char *text, const struct kernel_param *kp)
{
	unsigned int domain, bus, slot, func, bar;
	struct pci_dev *pdev;
	int ret;

	release();
	if (sscanf(text, "%x:%x:%x.%x %u", &domain, &bus, &slot, &func, &bar) != 5)
		return sysfs_streq(text, "0") ? 0 : -EINVAL;

	pdev = pci_get_domain_bus_and_slot(domain, bus, PCI_DEVFN(slot, func));
	if (!pdev)
		return -ENODEV;
	ret = claim_bar(pdev, bar);
	pci_dev_put(pdev);

	return ret;
}

static const struct kernel_param_ops claim_ops = { .set = claim };

module_param_cb(claim, &claim_ops, NULL, 0200);

static int __init bar_claim_init(void)
{
	return 0;
}
module_init(bar_claim_init);

static void __exit bar_claim_exit(void)
{
	release();
}
module_exit(bar_claim_exit);

MODULE_DESCRIPTION("Claims a BAR without binding to its function");
MODULE_LICENSE("GPL");
