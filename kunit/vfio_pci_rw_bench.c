// SPDX-License-Identifier: GPL-2.0-only
/*
 * Times requests on a fake BAR of user-mode Linux, from vfio_pci_core_read() and
 * vfio_pci_core_write() down. scripts/build-uml puts this file unchanged into two
 * kernels, one with the rework and one without, so it uses only what both have.
 *
 * User-mode Linux walks page tables for each access to user memory, where other kernels
 * do a load or a store. That would dominate the time, so drivers/vfio/pci is built with
 * two functions of this file in place of the kernel's. They can do either.
 *
 * This is not a test: it fails only if nothing could be timed.
 */

#include <kunit/test.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/ktime.h>
#include <linux/logic_iomem.h>
#include <linux/math64.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/sizes.h>
#include <linux/sort.h>
#include <linux/uaccess.h>
#include <linux/unaligned.h>
#include <linux/vfio_pci_core.h>

#define BENCH_BAR_SIZE	SZ_64K

/*
 * A batch is long compared to the clock's steps of 256 ns, and short enough that most
 * batches end before the next tick.
 */
#define BENCH_BATCH_NS	(200 * NSEC_PER_USEC)
#define BENCH_BATCHES	101

/**
 * struct bench - what is timed
 * @pdev: the function, with only what the path uses
 * @vdev: the device of @pdev, with BAR 0 mapped
 * @vconfig: its configuration space, with memory decode on
 * @buf: the current user buffer, as large as the BAR
 * @batches: time of each batch in ns
 */
struct bench {
	struct pci_dev pdev;
	struct vfio_pci_core_device vdev;
	u8 vconfig[PCI_STD_HEADER_SIZEOF] __aligned(2);
	char __user *buf;
	u64 batches[BENCH_BATCHES];
};

/**
 * struct bench_op - something to time
 * @name: name in the output
 * @run: does it with @size bytes, and returns @size
 */
struct bench_op {
	const char *name;
	ssize_t (*run)(struct bench *bench, size_t size);
};

/* True if the user buffer is user memory, false if it is kernel memory. */
static bool bench_walk;

/* Copy 1, 2, 4 or 8 bytes with one access, as on kernels that have user memory mapped. */
static __always_inline void bench_copy(void *to, const void *from, unsigned long size)
{
	switch (size) {
	case 1:
		*(u8 *)to = *(const u8 *)from;
		break;
	case 2:
		put_unaligned(get_unaligned((const u16 *)from), (u16 *)to);
		break;
	case 4:
		put_unaligned(get_unaligned((const u32 *)from), (u32 *)to);
		break;
	case 8:
		put_unaligned(get_unaligned((const u64 *)from), (u64 *)to);
		break;
	default:
		memcpy(to, from, size);
		break;
	}
}

/*
 * <linux/uaccess.h> has declared our functions; these are the kernel's. Ours are not
 * inline, as the path cannot inline the kernel's either.
 */
#undef raw_copy_from_user
#undef raw_copy_to_user
typeof(vfio_pci_rw_bench_from_user) raw_copy_from_user;
typeof(vfio_pci_rw_bench_to_user) raw_copy_to_user;

noinline unsigned long
vfio_pci_rw_bench_from_user(void *to, const void __user *from, unsigned long size)
{
	if (bench_walk)
		return raw_copy_from_user(to, from, size);

	bench_copy(to, (const void __force *)from, size);

	return 0;
}

noinline unsigned long
vfio_pci_rw_bench_to_user(void __user *to, const void *from, unsigned long size)
{
	if (bench_walk)
		return raw_copy_to_user(to, from, size);

	bench_copy((void __force *)to, from, size);

	return 0;
}

/* The device: memory, and a count of accesses. */
static u8 bench_bar[BENCH_BAR_SIZE] __aligned(8);
static unsigned long bench_accesses;

static unsigned long bench_bar_read(void *priv, unsigned int off, int width)
{
	const void *bytes = &bench_bar[off];

	bench_accesses++;
	switch (width) {
	case 1:
		return *(const u8 *)bytes;
	case 2:
		return *(const u16 *)bytes;
	case 4:
		return *(const u32 *)bytes;
	default:
		return *(const u64 *)bytes;
	}
}

static void bench_bar_write(void *priv, unsigned int off, int width, unsigned long value)
{
	void *bytes = &bench_bar[off];

	bench_accesses++;
	switch (width) {
	case 1:
		*(u8 *)bytes = value;
		break;
	case 2:
		*(u16 *)bytes = value;
		break;
	case 4:
		*(u32 *)bytes = value;
		break;
	default:
		*(u64 *)bytes = value;
		break;
	}
}

static const struct logic_iomem_ops bench_bar_ops = {
	.read = bench_bar_read,
	.write = bench_bar_write,
};

static long bench_bar_map(unsigned long offset, size_t size, const struct logic_iomem_ops **ops,
			  void **priv)
{
	*ops = &bench_bar_ops;

	return offset;
}

static const struct logic_iomem_region_ops bench_region_ops = {
	.map = bench_bar_map,
};

/* An unused range, below the windows of the emulated PCI host bridge. */
static struct resource bench_region = {
	.name = "vfio_pci_rw_bench",
	.start = 0xe0000000,
	.end = 0xe0000000 + BENCH_BAR_SIZE - 1,
	.flags = IORESOURCE_MEM,
};

/* The requests to compare. */
static ssize_t bench_read(struct bench *bench, size_t size)
{
	loff_t pos = 0;

	return vfio_pci_core_read(&bench->vdev.vdev, bench->buf, size, &pos);
}

static ssize_t bench_write(struct bench *bench, size_t size)
{
	loff_t pos = 0;

	return vfio_pci_core_write(&bench->vdev.vdev, bench->buf, size, &pos);
}

/* The least that any request does; the rest is the path's own time. */
static ssize_t bench_load(struct bench *bench, size_t size)
{
	u64 val = readq(bench->vdev.barmap[0]);

	OPTIMIZER_HIDE_VAR(val);

	return size;
}

static ssize_t bench_store(struct bench *bench, size_t size)
{
	writeq(0, bench->vdev.barmap[0]);

	return size;
}

static ssize_t bench_from_user(struct bench *bench, size_t size)
{
	u64 val;

	if (copy_from_user(&val, bench->buf, size))
		return -EFAULT;
	OPTIMIZER_HIDE_VAR(val);

	return size;
}

static ssize_t bench_to_user(struct bench *bench, size_t size)
{
	u64 val = 0;

	if (copy_to_user(bench->buf, &val, size))
		return -EFAULT;

	return size;
}

/* Returns ns, or a negative errno. */
static s64 bench_batch(struct bench *bench, const struct bench_op *op, size_t size, u32 nr)
{
	u64 start = ktime_get_ns();
	ssize_t ret;
	u32 i;

	for (i = 0; i < nr; i++) {
		ret = op->run(bench, size);
		if (ret != (ssize_t)size)
			return ret < 0 ? ret : -EIO;
	}

	return ktime_get_ns() - start;
}

static int bench_cmp(const void *a, const void *b)
{
	return cmp_int(*(const u64 *)a, *(const u64 *)b);
}

/* Print the median time of one request in ps, for scripts/bench-uml. */
static void bench_time(struct kunit *test, const struct bench_op *op, size_t size)
{
	struct bench *bench = test->priv;
	unsigned long accesses;
	u32 nr, i;
	s64 ns;

	bench_accesses = 0;
	KUNIT_ASSERT_EQ(test, op->run(bench, size), size);
	accesses = bench_accesses;

	/* Also warms up. */
	for (nr = 1; ; nr *= 2) {
		ns = bench_batch(bench, op, size, nr);
		KUNIT_ASSERT_GE(test, ns, 0);
		if (ns >= BENCH_BATCH_NS)
			break;
	}

	for (i = 0; i < BENCH_BATCHES; i++) {
		ns = bench_batch(bench, op, size, nr);
		KUNIT_ASSERT_GE(test, ns, 0);
		bench->batches[i] = ns;
	}
	sort(bench->batches, BENCH_BATCHES, sizeof(u64), bench_cmp, NULL);

	kunit_info(test, "bench: %s %s %zu %llu %lu", bench_walk ? "walked" : "direct", op->name,
		   size, div_u64(1000 * bench->batches[BENCH_BATCHES / 2], nr), accesses);
}

static void bench_all(struct kunit *test)
{
	static const struct bench_op requests[] = {
		{ "read", bench_read },
		{ "write", bench_write },
	};
	static const struct bench_op parts[] = {
		{ "load", bench_load },
		{ "store", bench_store },
		{ "from-user", bench_from_user },
		{ "to-user", bench_to_user },
	};
	static const size_t sizes[] = { 1, 2, 4, 8, 16, 64, 128, 512, 4096, BENCH_BAR_SIZE };
	u32 i, j;

	for (i = 0; i < ARRAY_SIZE(requests); i++)
		for (j = 0; j < ARRAY_SIZE(sizes); j++)
			bench_time(test, &requests[i], sizes[j]);

	for (i = 0; i < ARRAY_SIZE(parts); i++)
		bench_time(test, &parts[i], 8);
}

static void bench_direct(struct kunit *test)
{
	struct bench *bench = test->priv;
	void *buf = kunit_kzalloc(test, BENCH_BAR_SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, buf);
	bench->buf = (char __user __force *)buf;
	bench_walk = false;
	bench_all(test);
}

static void bench_walked(struct kunit *test)
{
	struct bench *bench = test->priv;
	unsigned long buf;

	buf = kunit_vm_mmap(test, NULL, 0, BENCH_BAR_SIZE, PROT_READ | PROT_WRITE,
			    MAP_ANONYMOUS | MAP_PRIVATE, 0);
	KUNIT_ASSERT_NE(test, buf, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(buf));
	bench->buf = (char __user *)buf;
	bench_walk = true;
	bench_all(test);
}

/* As vfio_pci_core_enable() does for a device with a memory BAR 0 and no MSI-X. */
static int bench_enable(struct bench *bench)
{
	struct pci_dev *pdev = &bench->pdev;
	int err;

	device_initialize(&pdev->dev);
	pdev->current_state = PCI_D0;
	pdev->resource[0] = bench_region;
	pdev->resource[0].parent = NULL;

	bench->vdev.vdev.dev = &pdev->dev;
	err = vfio_pci_core_init_dev(&bench->vdev.vdev);
	if (err)
		return err;

	bench->vconfig[PCI_COMMAND] = PCI_COMMAND_MEMORY;
	bench->vdev.vconfig = bench->vconfig;
	bench->vdev.msix_bar = 0xff;
	bench->vdev.barmap[0] = ioremap(bench_region.start, BENCH_BAR_SIZE);

	return bench->vdev.barmap[0] ? 0 : -ENOMEM;
}

static int bench_init(struct kunit *test)
{
	struct bench *bench = kunit_kzalloc(test, sizeof(*bench), GFP_KERNEL);

	if (!bench)
		return -ENOMEM;
	test->priv = bench;

	return bench_enable(bench);
}

static void bench_exit(struct kunit *test)
{
	struct bench *bench = test->priv;

	if (!bench)
		return;
	if (bench->vdev.barmap[0])
		iounmap(bench->vdev.barmap[0]);
	vfio_pci_core_release_dev(&bench->vdev.vdev);
}

static int bench_suite_init(struct kunit_suite *suite)
{
	return logic_iomem_add_region(&bench_region, &bench_region_ops);
}

static struct kunit_case bench_cases[] = {
	KUNIT_CASE_SLOW(bench_direct),
	KUNIT_CASE_SLOW(bench_walked),
	{}
};

static struct kunit_suite bench_suite = {
	.name = "vfio_pci_rw_bench",
	.suite_init = bench_suite_init,
	.init = bench_init,
	.exit = bench_exit,
	.test_cases = bench_cases,
};

kunit_test_suite(bench_suite);

MODULE_DESCRIPTION("Times requests on a BAR");
MODULE_LICENSE("GPL");
