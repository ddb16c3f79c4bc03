// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite for the generic tables on the kernel's own MMIO accessors.
 *
 * With emulated MMIO (user-mode Linux) the BAR is a device model that sees every
 * operation. Elsewhere it is plain memory, which shows the byte order but not the
 * width.
 */

#include <kunit/test.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "vfio_pci_io.h"
#include "vfio_pci_io_ref.h"

#define IOMEM_BAR_SIZE	128

/* Guard bytes on each side of the buffer. */
#define IOMEM_GUARD	16

/**
 * struct iomem_bar - the device's side
 * @bytes: content of the BAR, in the device's byte order
 * @log: MMIO operations in the order in which they happened
 * @nr: number of operations, also of those that do not fit into @log
 */
struct iomem_bar {
	u8 bytes[IOMEM_BAR_SIZE] __aligned(8);
	struct {
		u32 off;
		u32 width;
		bool write;
	} log[IOMEM_BAR_SIZE];
	u32 nr;
};

/**
 * struct iomem_test - what one test case works on
 * @io: the BAR
 * @bar: the device's side of it
 * @buf: kernel buffer, with guards
 */
struct iomem_test {
	struct vfio_pci_io io;
	struct iomem_bar *bar;
	u8 buf[IOMEM_GUARD + IOMEM_BAR_SIZE + IOMEM_GUARD] __aligned(16);
};

static u8 iomem_bar_byte(u32 off)
{
	return 1 + off;
}

/* @i is relative to the buffer's byte for offset 0, so negative in the guard before. */
static u8 iomem_buf_byte(int i)
{
	return 0x81 + (i + IOMEM_GUARD) % 0x60;
}

static struct iomem_bar iomem_bar;

#ifdef CONFIG_INDIRECT_IOMEM

#include <linux/logic_iomem.h>

static void iomem_bar_log(struct iomem_bar *bar, u32 off, u32 width, bool write)
{
	if (bar->nr < ARRAY_SIZE(bar->log)) {
		bar->log[bar->nr].off = off;
		bar->log[bar->nr].width = width;
		bar->log[bar->nr].write = write;
	}
	bar->nr++;
}

/* The value that a load of these bytes gives, in either byte order of the host. */
static unsigned long iomem_bar_read(void *priv, unsigned int off, int width)
{
	struct iomem_bar *bar = priv;
	const void *bytes = &bar->bytes[off];

	iomem_bar_log(bar, off, width, false);

	switch (width) {
	case 1:
		return *(const u8 *)bytes;
	case 2:
		return get_unaligned((const u16 *)bytes);
	case 4:
		return get_unaligned((const u32 *)bytes);
	default:
		return get_unaligned((const unsigned long *)bytes);
	}
}

static void iomem_bar_write(void *priv, unsigned int off, int width, unsigned long value)
{
	struct iomem_bar *bar = priv;
	void *bytes = &bar->bytes[off];

	iomem_bar_log(bar, off, width, true);

	switch (width) {
	case 1:
		*(u8 *)bytes = value;
		break;
	case 2:
		put_unaligned(value, (u16 *)bytes);
		break;
	case 4:
		put_unaligned(value, (u32 *)bytes);
		break;
	default:
		put_unaligned(value, (unsigned long *)bytes);
		break;
	}
}

static const struct logic_iomem_ops iomem_bar_ops = {
	.read = iomem_bar_read,
	.write = iomem_bar_write,
};

static long iomem_bar_map(unsigned long offset, size_t size,
			  const struct logic_iomem_ops **ops, void **priv)
{
	*ops = &iomem_bar_ops;
	*priv = &iomem_bar;

	return offset;
}

static const struct logic_iomem_region_ops iomem_region_ops = {
	.map = iomem_bar_map,
};

/* An unused range, below the windows of the emulated PCI host bridge. */
static struct resource iomem_region = {
	.name = "vfio_pci_io_kunit",
	.start = 0xe0000000,
	.end = 0xe0000000 + IOMEM_BAR_SIZE - 1,
	.flags = IORESOURCE_MEM,
};

/* A region cannot be unregistered, so this module must not be unloaded. */
static int iomem_suite_init(struct kunit_suite *suite)
{
	int err;

	if (iomem_region.parent)
		return 0;

	err = logic_iomem_add_region(&iomem_region, &iomem_region_ops);
	if (!err)
		__module_get(THIS_MODULE);

	return err;
}

static void __iomem *iomem_map(struct kunit *test)
{
	return ioremap(iomem_region.start, resource_size(&iomem_region));
}

static void iomem_unmap(void __iomem *base)
{
	if (base)
		iounmap(base);
}

static void iomem_needs_log(struct kunit *test)
{
}

#else

static int iomem_suite_init(struct kunit_suite *suite)
{
	return 0;
}

/* On s390, a map is a cookie for the PCI instructions, not an address. */
static void __iomem *iomem_map(struct kunit *test)
{
	if (IS_ENABLED(CONFIG_S390))
		kunit_skip(test, "memory is not MMIO on this architecture");

	return (void __iomem __force *)iomem_bar.bytes;
}

static void iomem_unmap(void __iomem *base)
{
}

static void iomem_needs_log(struct kunit *test)
{
	kunit_skip(test, "needs emulated MMIO");
}

#endif

static int iomem_init(struct kunit *test)
{
	struct iomem_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->io.ops = &vfio_pci_io_iomem_ops;
	t->bar = &iomem_bar;
	test->priv = t;

	return 0;
}

static void iomem_exit(struct kunit *test)
{
	struct iomem_test *t = test->priv;

	if (t)
		iomem_unmap(t->io.base);
}

/* Called by the cases that need a map; that of the limits does not. */
static struct iomem_test *iomem_begin(struct kunit *test, const struct vfio_pci_io_ops *ops)
{
	struct iomem_test *t = test->priv;

	t->io.ops = ops;
	t->io.base = iomem_map(test);
	KUNIT_ASSERT_NOT_NULL(test, (void __force *)t->io.base);

	return t;
}

static void iomem_reset(struct iomem_test *t)
{
	u32 i;

	for (i = 0; i < IOMEM_BAR_SIZE; i++)
		t->bar->bytes[i] = iomem_bar_byte(i);
	for (i = 0; i < sizeof(t->buf); i++)
		t->buf[i] = iomem_buf_byte((int)i - IOMEM_GUARD);
	t->bar->nr = 0;
}

/* The widest access is one that the CPU does not split. */
static void iomem_limits(struct kunit *test)
{
	u32 want = sizeof(void *) == 8 ? 8 : 4;

	KUNIT_EXPECT_EQ(test, vfio_pci_io_iomem_ops.max_read, want);
	KUNIT_EXPECT_EQ(test, vfio_pci_io_iomem_ops.max_write, want);
	KUNIT_EXPECT_EQ(test, vfio_pci_io_iomem_ops.read_align, VFIO_PCI_IO_NATURAL);
	KUNIT_EXPECT_EQ(test, vfio_pci_io_iomem_ops.write_align, VFIO_PCI_IO_NATURAL);
	KUNIT_EXPECT_STREQ(test, vfio_pci_io_iomem_ops.name, "iomem");

	KUNIT_EXPECT_EQ(test, vfio_pci_io_ioport_ops.max_read, 4);
	KUNIT_EXPECT_EQ(test, vfio_pci_io_ioport_ops.max_write, 4);
	KUNIT_EXPECT_EQ(test, vfio_pci_io_ioport_ops.read_align, VFIO_PCI_IO_NATURAL);
	KUNIT_EXPECT_EQ(test, vfio_pci_io_ioport_ops.write_align, VFIO_PCI_IO_NATURAL);
	KUNIT_EXPECT_STREQ(test, vfio_pci_io_ioport_ops.name, "ioport");
}

struct iomem_case {
	const struct vfio_pci_io_ops *ops;
	u32 width;
	bool write;
};

static const struct iomem_case iomem_cases[] = {
	{ &vfio_pci_io_iomem_ops, 1, false },
	{ &vfio_pci_io_iomem_ops, 2, false },
	{ &vfio_pci_io_iomem_ops, 4, false },
	{ &vfio_pci_io_iomem_ops, 8, false },
	{ &vfio_pci_io_iomem_ops, 1, true },
	{ &vfio_pci_io_iomem_ops, 2, true },
	{ &vfio_pci_io_iomem_ops, 4, true },
	{ &vfio_pci_io_iomem_ops, 8, true },
	{ &vfio_pci_io_ioport_ops, 1, false },
	{ &vfio_pci_io_ioport_ops, 2, false },
	{ &vfio_pci_io_ioport_ops, 4, false },
	{ &vfio_pci_io_ioport_ops, 1, true },
	{ &vfio_pci_io_ioport_ops, 2, true },
	{ &vfio_pci_io_ioport_ops, 4, true },
};

static void iomem_case_desc(const struct iomem_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s %s %u", c->ops->name,
		 c->write ? "write" : "read", c->width);
}

KUNIT_ARRAY_PARAM(iomem, iomem_cases, iomem_case_desc);

static struct iomem_test *iomem_begin_case(struct kunit *test)
{
	const struct iomem_case *c = test->param_value;

	if (c->width > c->ops->max_read)
		kunit_skip(test, "this kernel has no accesses of %u bytes", c->width);

	return iomem_begin(test, c->ops);
}

static ssize_t iomem_run(struct iomem_test *t, const struct iomem_case *c, u32 off, u32 nr)
{
	void *buf = &t->buf[IOMEM_GUARD + off];

	iomem_reset(t);
	if (c->write)
		return c->ops->write(&t->io, off, buf, c->width, nr);

	return c->ops->read(&t->io, off, buf, c->width, nr);
}

/* A run is @nr ascending operations of @width bytes, and no others. */
static void iomem_run_is_its_accesses(struct kunit *test)
{
	const struct iomem_case *c = test->param_value;
	struct iomem_test *t = iomem_begin_case(test);
	u32 off, nr, i;

	iomem_needs_log(test);

	for (off = 0; off < 32; off += c->width) {
		for (nr = 1; nr <= 8; nr++) {
			KUNIT_ASSERT_EQ(test, iomem_run(t, c, off, nr), c->width * nr);
			KUNIT_ASSERT_EQ(test, t->bar->nr, nr);
			for (i = 0; i < nr; i++) {
				KUNIT_ASSERT_EQ(test, t->bar->log[i].off, off + i * c->width);
				KUNIT_ASSERT_EQ(test, t->bar->log[i].width, c->width);
				KUNIT_ASSERT_EQ(test, t->bar->log[i].write, c->write);
			}
		}
	}
}

/* Check the buffer and the BAR after @count bytes were carried at @off. */
static void iomem_check_bytes(struct kunit *test, struct iomem_test *t, bool write, u32 off,
			      u32 count)
{
	u8 *buf = &t->buf[IOMEM_GUARD];
	int i;

	for (i = -IOMEM_GUARD; i < IOMEM_BAR_SIZE + IOMEM_GUARD; i++) {
		bool carried = i >= (int)off && i < (int)(off + count);
		u8 want = carried && !write ? iomem_bar_byte(i) : iomem_buf_byte(i);

		if (buf[i] != want)
			KUNIT_FAIL_AND_ABORT(test, "%u at %u: buffer's byte %d is 0x%x, not 0x%x",
					     count, off, i, buf[i], want);
	}

	for (i = 0; i < IOMEM_BAR_SIZE; i++) {
		bool carried = i >= off && i < off + count;
		u8 want = carried && write ? iomem_buf_byte(i) : iomem_bar_byte(i);

		if (t->bar->bytes[i] != want)
			KUNIT_FAIL_AND_ABORT(test, "%u at %u: BAR's byte %d is 0x%x, not 0x%x",
					     count, off, i, t->bar->bytes[i], want);
	}
}

/* Byte i of the buffer is byte i of the BAR. */
static void iomem_run_keeps_bytes(struct kunit *test)
{
	const struct iomem_case *c = test->param_value;
	struct iomem_test *t = iomem_begin_case(test);
	u32 off, nr;

	for (off = 0; off < 32; off += c->width) {
		for (nr = 1; nr <= 8; nr++) {
			KUNIT_ASSERT_EQ(test, iomem_run(t, c, off, nr), c->width * nr);
			iomem_check_bytes(test, t, c->write, off, c->width * nr);
		}
	}
}

struct iomem_table {
	const struct vfio_pci_io_ops *ops;
	u32 max_width;
};

static const struct iomem_table iomem_tables[] = {
	{ &vfio_pci_io_iomem_ops, 0 },
	{ &vfio_pci_io_iomem_ops, 4 },
	{ &vfio_pci_io_iomem_ops, 1 },
	{ &vfio_pci_io_ioport_ops, 0 },
	{ &vfio_pci_io_ioport_ops, 2 },
};

static void iomem_table_desc(const struct iomem_table *table, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s limited to %u", table->ops->name,
		 table->max_width);
}

KUNIT_ARRAY_PARAM(iomem_table, iomem_tables, iomem_table_desc);

static void iomem_check_request(struct kunit *test, struct iomem_test *t,
				const struct ref_bar *bar, u32 off, u32 count, bool write)
{
	struct ref_plan ref;
	u32 i;

	iomem_reset(t);
	KUNIT_ASSERT_EQ(test, vfio_pci_io_rw(&t->io, off, &t->buf[IOMEM_GUARD + off], count, write),
			count);
	iomem_check_bytes(test, t, write, off, count);

	if (!IS_ENABLED(CONFIG_INDIRECT_IOMEM))
		return;

	ref_plan(&ref, bar, off, count);
	KUNIT_ASSERT_EQ(test, t->bar->nr, ref.nr);
	for (i = 0; i < ref.nr; i++) {
		KUNIT_ASSERT_EQ(test, t->bar->log[i].off, ref.access[i].off);
		KUNIT_ASSERT_EQ(test, t->bar->log[i].width, ref.access[i].width);
		KUNIT_ASSERT_EQ(test, t->bar->log[i].write, write);
	}
}

/* All layers, from the request to the MMIO operation. */
static void iomem_requests(struct kunit *test)
{
	const struct iomem_table *table = test->param_value;
	struct iomem_test *t = iomem_begin(test, table->ops);
	struct ref_bar bar = {
		.max = ref_lower_limit(table->ops->max_read, table->max_width),
	};
	u32 off, count;

	t->io.max_width = table->max_width;
	for (off = 0; off < 16; off++) {
		for (count = 1; count <= 40; count++) {
			iomem_check_request(test, t, &bar, off, count, false);
			iomem_check_request(test, t, &bar, off, count, true);
		}
	}
}

static struct kunit_case iomem_kunit_cases[] = {
	KUNIT_CASE(iomem_limits),
	KUNIT_CASE_PARAM(iomem_run_is_its_accesses, iomem_gen_params),
	KUNIT_CASE_PARAM(iomem_run_keeps_bytes, iomem_gen_params),
	KUNIT_CASE_PARAM(iomem_requests, iomem_table_gen_params),
	{}
};

static struct kunit_suite iomem_suite = {
	.name = "vfio_pci_io_iomem",
	.suite_init = iomem_suite_init,
	.init = iomem_init,
	.exit = iomem_exit,
	.test_cases = iomem_kunit_cases,
};

kunit_test_suite(iomem_suite);
