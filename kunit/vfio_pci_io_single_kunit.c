// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite for vfio_pci_io_is_single(), which must agree with the planner.
 *
 * The path skips the planner for such requests, so a wrong yes would reach the device
 * as an access that its table does not have, or as one into the hole.
 */

#include <kunit/test.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "vfio_pci_io_ref.h"
#include "vfio_pci_io_zpci_model.h"

/* All offsets modulo this and all counts up to it are tried. */
#define SINGLE_RANGE	16

/**
 * struct single_table - a table to test
 * @ops: the table, or NULL for that of a zPCI function
 * @relaxed_align: the zPCI function has relaxed alignment
 * @maxstbl: its longest store block
 */
struct single_table {
	const struct vfio_pci_io_ops *ops;
	bool relaxed_align;
	u16 maxstbl;
};

/* Possible tables. They need no accessors, as the planner calls none. */
static const struct vfio_pci_io_ops single_bytes = {
	.name = "bytes",
	.max_read = 1, .read_boundary = 1,
	.max_write = 1, .write_boundary = 1,
};

static const struct vfio_pci_io_ops single_read_2_write_4 = {
	.name = "read 2, write 4",
	.max_read = 2, .read_boundary = 2,
	.max_write = 4, .write_boundary = 4,
};

static const struct vfio_pci_io_ops single_read_8_write_1 = {
	.name = "read 8, write 1",
	.max_read = 8, .read_boundary = 8,
	.max_write = 1, .write_boundary = 1,
};

static const struct vfio_pci_io_ops single_natural_16 = {
	.name = "natural 16",
	.max_read = 16, .read_boundary = 16,
	.max_write = 16, .write_boundary = 16,
};

static const struct vfio_pci_io_ops single_block_4_64 = {
	.name = "block 4 and 64",
	.read_align = VFIO_PCI_IO_BLOCK, .max_read = 4, .read_boundary = 8,
	.write_align = VFIO_PCI_IO_BLOCK, .max_write = 64, .write_boundary = 64,
};

static const struct vfio_pci_io_ops single_any_5_13 = {
	.name = "any 5 and 13",
	.read_align = VFIO_PCI_IO_ANY, .max_read = 5, .read_boundary = 8,
	.write_align = VFIO_PCI_IO_ANY, .max_write = 13, .write_boundary = 32,
};

static const struct single_table single_tables[] = {
	{ .ops = &vfio_pci_io_iomem_ops },
	{ .ops = &vfio_pci_io_ioport_ops },
	{ .maxstbl = 0 },
	{ .maxstbl = 8 },
	{ .maxstbl = 100 },
	{ .maxstbl = 128 },
	{ .maxstbl = 8, .relaxed_align = true },
	{ .maxstbl = 100, .relaxed_align = true },
	{ .maxstbl = 4096, .relaxed_align = true },
	{ .ops = &single_bytes },
	{ .ops = &single_read_2_write_4 },
	{ .ops = &single_read_8_write_1 },
	{ .ops = &single_natural_16 },
	{ .ops = &single_block_4_64 },
	{ .ops = &single_any_5_13 },
};

static void single_table_desc(const struct single_table *table, char *desc)
{
	if (table->ops)
		strscpy(desc, table->ops->name, KUNIT_PARAM_DESC_SIZE);
	else
		snprintf(desc, KUNIT_PARAM_DESC_SIZE, "zpci%s, maxstbl %u",
			 table->relaxed_align ? " relaxed_align" : "", table->maxstbl);
}

KUNIT_ARRAY_PARAM(single, single_tables, single_table_desc);

static struct zpci_model *single_model(struct kunit *test)
{
	const struct single_table *table = test->param_value;
	struct zpci_model *model = zpci_model_create(test, table->relaxed_align);

	if (table->ops)
		model->io.ops = table->ops;

	return model;
}

/* A zPCI function has its own limit, too. */
static void single_set_limit(struct kunit *test, struct zpci_model *model, u32 limit)
{
	const struct single_table *table = test->param_value;

	if (table->ops)
		model->io.max_width = limit;
	else
		zpci_model_set_limits(model, table->maxstbl, limit);
}

static bool single_meets_hole(const struct vfio_pci_io *io, u64 off, u32 count)
{
	u64 byte;

	for (byte = off; byte < off + count; byte++) {
		if (byte >= io->hole_start && byte - io->hole_start < io->hole_size)
			return true;
	}

	return false;
}

/* Must be recognized: a register access, or any access of a table with ANY. */
static bool single_is_plain(const struct vfio_pci_io *io, u64 off, u32 count, bool write)
{
	struct ref_bar bar = {
		.max = ref_lower_limit(write ? io->ops->max_write : io->ops->max_read,
				       io->max_width),
		.boundary = write ? io->ops->write_boundary : io->ops->read_boundary,
	};

	if (count > bar.max || single_meets_hole(io, off, count))
		return false;
	if (count <= 8 && ref_natural(off % SINGLE_RANGE, count))
		return true;

	return vfio_pci_io_align_of(io, write) == VFIO_PCI_IO_ANY &&
	       ref_inside(&bar, off % SZ_4K, count);
}

static bool single_check(struct kunit *test, const struct vfio_pci_io *io, u64 off, u32 count,
			 bool write)
{
	struct vfio_pci_io_run run;
	const char *wrong = NULL;

	if (!vfio_pci_io_is_single(io, off, count, write)) {
		if (single_is_plain(io, off, count, write))
			wrong = "one access, but not recognized";
	} else if (single_meets_hole(io, off, count)) {
		wrong = "overlaps the hole";
	} else {
		run = vfio_pci_io_plan(io, off, count, write);
		if (run.width != count || run.nr != 1)
			wrong = "the planner disagrees";
	}
	if (!wrong)
		return true;

	KUNIT_FAIL(test, "%s of %u bytes at 0x%llx, limit %u, hole 0x%llx+%llu: %s",
		   write ? "write" : "read", count, off, io->max_width, io->hole_start,
		   io->hole_size, wrong);
	return false;
}

/* At the start of the BAR, and at the end of a page far into it. */
static const u64 single_bases[] = { 0, SZ_1T + SZ_4K - SINGLE_RANGE };

static bool single_check_count(struct kunit *test, struct vfio_pci_io *io, u32 hole_start,
			       u32 count)
{
	u32 i, off;

	for (i = 0; i < ARRAY_SIZE(single_bases); i++) {
		io->hole_start = single_bases[i] + hole_start;
		for (off = 0; off < SINGLE_RANGE; off++) {
			if (!single_check(test, io, single_bases[i] + off, count, false) ||
			    !single_check(test, io, single_bases[i] + off, count, true))
				return false;
		}
	}

	return true;
}

static bool single_check_counts(struct kunit *test, struct vfio_pci_io *io, u32 hole_start)
{
	u32 count;

	for (count = 1; count <= SINGLE_RANGE; count++) {
		if (!single_check_count(test, io, hole_start, count))
			return false;
	}

	return true;
}

static const u32 single_limits[] = { 0, 1, 2, 4, 8, 16, 24, 100, 4095, 4096 };

static void single_agrees_with_the_planner(struct kunit *test)
{
	static const u16 payloads[] = {
		17, 24, 32, 63, 64, 65, 100, 128, 129, 256, 4080, 4081, 4088, 4095, 4096, 4097
	};
	struct zpci_model *model = single_model(test);
	u32 i, j;

	for (i = 0; i < ARRAY_SIZE(single_limits); i++) {
		single_set_limit(test, model, single_limits[i]);
		if (!single_check_counts(test, &model->io, 0))
			return;
		for (j = 0; j < ARRAY_SIZE(payloads); j++) {
			if (!single_check_count(test, &model->io, 0, payloads[j]))
				return;
		}
	}
}

static void single_beside_every_hole(struct kunit *test)
{
	static const u32 sizes[] = { 0, 1, 4, 7, 16 };
	struct zpci_model *model = single_model(test);
	u32 i, size, start;

	for (i = 0; i < ARRAY_SIZE(single_limits); i++) {
		single_set_limit(test, model, single_limits[i]);
		for (size = 0; size < ARRAY_SIZE(sizes); size++) {
			model->io.hole_size = sizes[size];
			for (start = 0; start < 2 * SINGLE_RANGE; start++) {
				if (!single_check_counts(test, &model->io, start))
					return;
			}
		}
	}
}

static struct kunit_case single_cases[] = {
	KUNIT_CASE_PARAM(single_agrees_with_the_planner, single_gen_params),
	KUNIT_CASE_PARAM(single_beside_every_hole, single_gen_params),
	{}
};

static struct kunit_suite single_suite = {
	.name = "vfio_pci_io_is_single",
	.test_cases = single_cases,
};

kunit_test_suite(single_suite);
