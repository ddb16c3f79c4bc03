// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes the kernel execute one PCI instruction on a function, for tests from a shell:
 *
 *   echo KIND FID SPACE OFFSET LENGTH [SOURCE [HEX]] >/sys/module/ism_insn/parameters/run
 *   cat /sys/module/ism_insn/parameters/result
 *
 * KIND is load, store, block, dma or change. SOURCE is the offset in a page at which the source of
 * a block starts. HEX are the bytes, at least one; the last one is repeated. The result is
 * what the kernel's own wrapper of the instruction returns, and what was loaded. A wrapper
 * repeats the instruction while the function is busy. dma executes no instruction: it maps
 * a page for the function, permanently, and returns its DMA address as what was loaded.
 * change maps another page at that address.
 */
#include <linux/dma-mapping.h>
#include <linux/hex.h>
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/string.h>
#include <asm/pci_insn.h>

/* Two pages, as a block may begin anywhere in the first. */
static u8 *source;
static int result;
static u64 loaded;
static dma_addr_t mapped;

static struct pci_dev *find_function(u32 fid)
{
	struct pci_dev *pdev = NULL;

	for_each_pci_dev(pdev)
		if (to_zpci(pdev)->fid == fid)
			return pdev;

	return NULL;
}

static int fill(unsigned int at, unsigned int len, const char *hex)
{
	unsigned int given = strlen(hex) / 2;

	if (!given || given > len)
		return -EINVAL;
	if (hex2bin(source + at, hex, given))
		return -EINVAL;
	memset(source + at + given, source[at + given - 1], len - given);

	return 0;
}

static int execute(const char *kind, u64 req, u64 offset, unsigned int at)
{
	u64 value;

	loaded = 0;
	if (!strcmp(kind, "load")) {
		result = __zpci_load(&loaded, req, offset);
	} else if (!strcmp(kind, "store")) {
		memcpy(&value, source + at, sizeof(value));
		result = __zpci_store(value, req, offset);
	} else if (!strcmp(kind, "block")) {
		result = __zpci_store_block((u64 *)(source + at), req, offset);
	} else {
		return -EINVAL;
	}

	return 0;
}

/* The page is never freed. */
static int map_page(struct pci_dev *pdev)
{
	dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	result = dma_alloc_coherent(&pdev->dev, PAGE_SIZE, &mapped, GFP_KERNEL) ? 0 : -ENOMEM;
	loaded = result ? 0 : mapped;

	return 0;
}

/*
 * The DMA API never overwrites a valid translation; the IOMMU API of s390 does, without
 * unmapping the address first.
 */
static int change_page(struct pci_dev *pdev)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(&pdev->dev);
	unsigned long page = get_zeroed_page(GFP_KERNEL);

	if (!domain || !page)
		return -ENOMEM;
	result = iommu_map(domain, mapped, virt_to_phys((void *)page), PAGE_SIZE,
			   IOMMU_READ | IOMMU_WRITE, GFP_KERNEL);
	loaded = mapped;

	return 0;
}

static int run(const char *text, const struct kernel_param *kp)
{
	unsigned int fid, space, len, at = 0;
	char kind[8], hex[513] = "00";
	struct pci_dev *pdev;
	u64 offset;
	int ret;

	if (sscanf(text, "%7s %x %u %llx %u %u %512s", kind, &fid, &space, &offset, &len, &at,
		   hex) < 5 || at >= PAGE_SIZE || len > PAGE_SIZE + 1)
		return -EINVAL;
	ret = fill(at, max(len, 8U), hex);
	if (ret)
		return ret;

	pdev = find_function(fid);
	if (!pdev)
		return -ENODEV;
	if (!strcmp(kind, "dma"))
		ret = map_page(pdev);
	else if (!strcmp(kind, "change"))
		ret = change_page(pdev);
	else
		ret = execute(kind, ZPCI_CREATE_REQ(to_zpci(pdev)->fh, space, len), offset, at);
	pci_dev_put(pdev);

	return ret;
}

static int show(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%d %016llx\n", result, loaded);
}

static const struct kernel_param_ops run_ops = { .set = run };
static const struct kernel_param_ops result_ops = { .get = show };

module_param_cb(run, &run_ops, NULL, 0200);
module_param_cb(result, &result_ops, NULL, 0400);

static int __init ism_insn_init(void)
{
	source = (u8 *)__get_free_pages(GFP_KERNEL, 1);

	return source ? 0 : -ENOMEM;
}
module_init(ism_insn_init);

static void __exit ism_insn_exit(void)
{
	free_pages((unsigned long)source, 1);
}
module_exit(ism_insn_exit);

MODULE_DESCRIPTION("One PCI instruction on a function");
MODULE_LICENSE("GPL");
