// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suites for what is decided before any access: the widest access of a BAR, what
 * lies in the hole, and the next run.
 */

#include <kunit/test.h>
#include <linux/module.h>
#include <linux/string.h>

#include "vfio_pci_io_fake.h"
#include "vfio_pci_io_ref.h"

static int plan_init(struct kunit *test)
{
	test->priv = vfio_pci_io_fake_create(test);
	return 0;
}

static const char *plan_direction(bool write)
{
	return write ? "write" : "read";
}

static void plan_set_max(struct vfio_pci_io_fake *fake, u32 max, bool write)
{
	/* The other direction's limit must not matter. */
	u32 other = max == 1 ? FAKE_MAX_WIDTH : 1;

	fake->ops.max_read = write ? other : max;
	fake->ops.max_write = write ? max : other;
}

/* vfio_pci_io_max_width */

static void max_width_is_the_tables(struct kunit *test)
{
	struct vfio_pci_io_fake *fake = test->priv;

	fake->ops.max_read = 8;
	fake->ops.max_write = 128;

	KUNIT_EXPECT_EQ(test, vfio_pci_io_max_width(&fake->io, false), 8);
	KUNIT_EXPECT_EQ(test, vfio_pci_io_max_width(&fake->io, true), 128);
}

static void max_width_is_the_bars_where_less(struct kunit *test)
{
	struct vfio_pci_io_fake *fake = test->priv;

	fake->ops.max_read = 8;
	fake->ops.max_write = 128;
	fake->io.max_width = 64;

	KUNIT_EXPECT_EQ(test, vfio_pci_io_max_width(&fake->io, false), 8);
	KUNIT_EXPECT_EQ(test, vfio_pci_io_max_width(&fake->io, true), 64);
}

static void max_width_is_the_functions_where_less(struct kunit *test)
{
	struct vfio_pci_io_fake *fake = test->priv;

	fake->ops.max_read = 64;
	fake->ops.max_write = 64;
	vfio_pci_io_fake_limit_writes(fake, 24);
	KUNIT_EXPECT_EQ(test, vfio_pci_io_max_width(&fake->io, false), 64);
	KUNIT_EXPECT_EQ(test, vfio_pci_io_max_width(&fake->io, true), 24);

	fake->io.max_width = 16;
	KUNIT_EXPECT_EQ(test, vfio_pci_io_max_width(&fake->io, true), 16);
	fake->io.max_width = 32;
	KUNIT_EXPECT_EQ(test, vfio_pci_io_max_width(&fake->io, true), 24);

	vfio_pci_io_fake_limit_writes(fake, 128);
	fake->io.max_width = 0;
	KUNIT_EXPECT_EQ(test, vfio_pci_io_max_width(&fake->io, true), 64);
}

static void max_width_all(struct kunit *test)
{
	struct vfio_pci_io_fake *fake = test->priv;
	u32 read, write, cap;

	for (read = 1; read <= 4096; read *= 2) {
		for (write = 1; write <= 4096; write *= 2) {
			for (cap = 0; cap <= 8192; cap = cap ? cap * 2 : 1) {
				fake->ops.max_read = read;
				fake->ops.max_write = write;
				fake->io.max_width = cap;
				KUNIT_ASSERT_EQ(test, vfio_pci_io_max_width(&fake->io, false),
						ref_lower_limit(read, cap));
				KUNIT_ASSERT_EQ(test, vfio_pci_io_max_width(&fake->io, true),
						ref_lower_limit(write, cap));
			}
		}
	}
}

static struct kunit_case max_width_cases[] = {
	KUNIT_CASE(max_width_is_the_tables),
	KUNIT_CASE(max_width_is_the_bars_where_less),
	KUNIT_CASE(max_width_is_the_functions_where_less),
	KUNIT_CASE(max_width_all),
	{}
};

static struct kunit_suite max_width_suite = {
	.name = "vfio_pci_io_max_width",
	.init = plan_init,
	.test_cases = max_width_cases,
};

/* vfio_pci_io_in_hole */

static void in_hole_edges(struct kunit *test)
{
	struct vfio_pci_io io = { .hole_start = 0x1000, .hole_size = 0x40 };

	KUNIT_EXPECT_TRUE(test, vfio_pci_io_in_hole(&io, 0x1000, 1));
	KUNIT_EXPECT_TRUE(test, vfio_pci_io_in_hole(&io, 0x1000, 0x40));
	KUNIT_EXPECT_TRUE(test, vfio_pci_io_in_hole(&io, 0x103f, 1));

	KUNIT_EXPECT_FALSE(test, vfio_pci_io_in_hole(&io, 0xfff, 1));
	KUNIT_EXPECT_FALSE(test, vfio_pci_io_in_hole(&io, 0xfff, 2));
	KUNIT_EXPECT_FALSE(test, vfio_pci_io_in_hole(&io, 0x1000, 0x41));
	KUNIT_EXPECT_FALSE(test, vfio_pci_io_in_hole(&io, 0x103f, 2));
	KUNIT_EXPECT_FALSE(test, vfio_pci_io_in_hole(&io, 0x1040, 1));
}

static void in_hole_none(struct kunit *test)
{
	struct vfio_pci_io io = { .hole_start = 0x1000 };

	KUNIT_EXPECT_FALSE(test, vfio_pci_io_in_hole(&io, 0, 1));
	KUNIT_EXPECT_FALSE(test, vfio_pci_io_in_hole(&io, 0x1000, 1));
	KUNIT_EXPECT_FALSE(test, vfio_pci_io_in_hole(&io, 0x1000, 0x40));
}

static void in_hole_far(struct kunit *test)
{
	struct vfio_pci_io io = { .hole_start = 3ULL << 40, .hole_size = 1ULL << 40 };

	KUNIT_EXPECT_FALSE(test, vfio_pci_io_in_hole(&io, 0, 8));
	KUNIT_EXPECT_FALSE(test, vfio_pci_io_in_hole(&io, (3ULL << 40) - 8, 8));
	KUNIT_EXPECT_TRUE(test, vfio_pci_io_in_hole(&io, 3ULL << 40, 8));
	KUNIT_EXPECT_TRUE(test, vfio_pci_io_in_hole(&io, (4ULL << 40) - 8, 8));
	KUNIT_EXPECT_FALSE(test, vfio_pci_io_in_hole(&io, 4ULL << 40, 8));
}

static bool in_hole_ref(const struct ref_bar *bar, u32 off, u32 count)
{
	u32 byte;

	for (byte = off; byte < off + count; byte++) {
		if (!ref_in_hole(bar, byte))
			return false;
	}

	return true;
}

static bool in_hole_check(struct kunit *test, const struct ref_bar *bar, u32 off, u32 count)
{
	struct vfio_pci_io io = {
		.hole_start = bar->hole_start,
		.hole_size = bar->hole_size,
	};
	bool want = in_hole_ref(bar, off, count);

	if (vfio_pci_io_in_hole(&io, off, count) == want)
		return true;

	KUNIT_FAIL(test, "hole %u+%u: %u+%u %s in it", bar->hole_start, bar->hole_size, off,
		   count, want ? "is" : "is not");
	return false;
}

static void in_hole_all(struct kunit *test)
{
	struct ref_bar bar = {};
	u32 off, count;

	for (bar.hole_start = 0; bar.hole_start < 16; bar.hole_start++) {
		for (bar.hole_size = 0; bar.hole_size <= 16; bar.hole_size++) {
			for (off = 0; off < 36; off++) {
				for (count = 1; count <= 36; count++) {
					if (!in_hole_check(test, &bar, off, count))
						return;
				}
			}
		}
	}
}

static struct kunit_case in_hole_cases[] = {
	KUNIT_CASE(in_hole_edges),
	KUNIT_CASE(in_hole_none),
	KUNIT_CASE(in_hole_far),
	KUNIT_CASE(in_hole_all),
	{}
};

static struct kunit_suite in_hole_suite = {
	.name = "vfio_pci_io_in_hole",
	.test_cases = in_hole_cases,
};

/* vfio_pci_io_plan */

struct plan_case {
	const char *name;
	u64 off;
	size_t left;
	u32 max;
	u32 width;
	u32 nr;
};

static const struct plan_case plan_cases[] = {
	{ "1 byte", 0, 1, 8, 1, 1 },
	{ "2 bytes", 2, 2, 8, 2, 1 },
	{ "4 bytes", 4, 4, 8, 4, 1 },
	{ "8 bytes", 8, 8, 8, 8, 1 },
	{ "8 bytes where 4 is the limit", 8, 8, 4, 4, 2 },
	{ "8 bytes at 4", 4, 8, 8, 4, 1 },
	{ "8 bytes at 1", 1, 8, 8, 1, 1 },
	{ "6 bytes", 0, 6, 8, 4, 1 },
	{ "7 bytes at 8", 8, 7, 8, 4, 1 },
	{ "64 bytes", 0, 64, 8, 8, 8 },
	{ "63 bytes", 0, 63, 8, 8, 7 },
	{ "64 bytes at 4", 4, 64, 8, 4, 1 },
	{ "64 bytes at 8 where 16 is the limit", 8, 64, 16, 8, 1 },
	{ "a page", 0x1000, 0x1000, 8, 8, 512 },
	{ "a page byte by byte", 0x1000, 0x1000, 1, 1, 0x1000 },
	{ "8 bytes above 4 GiB", 0x700000000ULL, 8, 8, 8, 1 },
	{ "8 bytes at 4 above 4 GiB", 0x700000004ULL, 8, 8, 4, 1 },
	{ "8 bytes at 1 above 1 TiB", 0x70000000001ULL, 8, 8, 1, 1 },
	{ "last 8 bytes of 64 bits", ~7ULL, 8, 8, 8, 1 },
};

static void plan_case_desc(const struct plan_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(plan, plan_cases, plan_case_desc);

static void plan_one(struct kunit *test)
{
	const struct plan_case *c = test->param_value;
	struct vfio_pci_io_fake *fake = test->priv;
	struct vfio_pci_io_run run;
	int write;

	for (write = 0; write <= 1; write++) {
		plan_set_max(fake, c->max, write);
		run = vfio_pci_io_plan(&fake->io, c->off, c->left, write);
		KUNIT_EXPECT_EQ(test, run.width, c->width);
		KUNIT_EXPECT_EQ(test, run.nr, c->nr);
	}
	KUNIT_EXPECT_EQ(test, fake->nr, 0);
}

/* A run of more accesses than a u32 can count, or of more bytes, is cut. */
static void plan_longest_run(struct kunit *test)
{
	struct vfio_pci_io_fake *fake = test->priv;
	struct vfio_pci_io_run run;
	u32 max;

	for (max = 1; max <= 8; max *= 2) {
		plan_set_max(fake, max, false);
		run = vfio_pci_io_plan(&fake->io, 0, SIZE_MAX, false);
		KUNIT_EXPECT_EQ(test, run.width, max);
		KUNIT_EXPECT_GE(test, run.nr, 1);
		KUNIT_EXPECT_LE(test, (u64)run.width * run.nr, U32_MAX);
	}
}

/*
 * Each access of a run is the one of the reference. A run of the widest accesses
 * does not end before the last of them, or before the boundary; how many of the
 * others are in one run is free.
 */
static bool plan_check(struct kunit *test, const struct ref_bar *bar, u32 off, u32 left,
		       bool write)
{
	struct vfio_pci_io_fake *fake = test->priv;
	const char *what = NULL;
	struct vfio_pci_io_run run;
	struct ref_plan ref;
	u32 i;

	ref_plan(&ref, bar, off, left);
	run = vfio_pci_io_plan(&fake->io, off, left, write);

	if (run.nr < 1 || run.nr > ref.nr)
		what = "that is not between 1 and what is left";
	for (i = 0; i < run.nr && !what; i++) {
		if (ref.access[i].width != run.width)
			what = "one of them should have another width";
	}
	if (!what && bar->rule == REF_NATURAL && run.width == bar->max && run.nr < ref.nr &&
	    ref.access[run.nr].width == run.width)
		what = "the run ends early";
	if (!what)
		return true;

	KUNIT_FAIL(test, "%s at %u, %u left, max %u: %u accesses of %u; %s (the first is %u)",
		   plan_direction(write), off, left, bar->max, run.nr, run.width, what,
		   ref.access[0].width);
	return false;
}

static bool plan_check_all(struct kunit *test, const struct ref_bar *bar, bool write)
{
	u32 off, left;

	for (off = 0; off < 64; off++) {
		for (left = 1; left <= 64; left++) {
			if (!plan_check(test, bar, off, left, write))
				return false;
		}
	}

	return true;
}

static void plan_all(struct kunit *test)
{
	static const u32 caps[] = { 0, 1, 2, 4, 8 };
	struct vfio_pci_io_fake *fake = test->priv;
	struct ref_bar bar = {};
	u32 max, i;
	int write;

	for (max = 1; max <= 16; max *= 2) {
		for (i = 0; i < ARRAY_SIZE(caps); i++) {
			for (write = 0; write <= 1; write++) {
				plan_set_max(fake, max, write);
				fake->io.max_width = caps[i];
				bar.max = ref_lower_limit(max, caps[i]);
				if (!plan_check_all(test, &bar, write))
					return;
			}
		}
	}
}

/* What an access may be where it need not be naturally aligned. */
static const struct ref_bar plan_rules[] = {
	{ .rule = REF_BLOCK, .max = 8, .boundary = 64 },
	{ .rule = REF_BLOCK, .max = 16, .boundary = 64 },
	{ .rule = REF_BLOCK, .max = 24, .boundary = 32 },
	{ .rule = REF_BLOCK, .max = 64, .boundary = 64 },
	{ .rule = REF_BLOCK, .max = 4, .boundary = 64 },
	{ .rule = REF_ANY, .max = 8, .boundary = 8 },
	{ .rule = REF_ANY, .max = 4, .boundary = 8 },
	{ .rule = REF_ANY, .max = 13, .boundary = 32 },
	{ .rule = REF_ANY, .max = 64, .boundary = 64 },
	{ .rule = REF_ANY, .max = 1, .boundary = 64 },
};

static void plan_set_rule(struct vfio_pci_io_fake *fake, const struct ref_bar *bar)
{
	vfio_pci_io_fake_set_rule(fake, (enum vfio_pci_io_align)bar->rule, bar->max,
				  bar->boundary);
}

static void plan_all_rules(struct kunit *test)
{
	u32 i;
	int write;

	for (i = 0; i < ARRAY_SIZE(plan_rules); i++) {
		plan_set_rule(test->priv, &plan_rules[i]);
		for (write = 0; write <= 1; write++) {
			if (!plan_check_all(test, &plan_rules[i], write))
				return;
		}
	}
}

/* One direction's rule is not the other's. */
static void plan_rule_of_the_direction(struct kunit *test)
{
	struct ref_bar read = { .rule = REF_ANY, .max = 8, .boundary = 8 };
	struct ref_bar write = { .rule = REF_BLOCK, .max = 32, .boundary = 32 };
	struct vfio_pci_io_fake *fake = test->priv;

	plan_set_rule(fake, &read);
	fake->ops.max_write = write.max;
	fake->ops.write_align = VFIO_PCI_IO_BLOCK;
	fake->ops.write_boundary = write.boundary;

	plan_check_all(test, &read, false);
	plan_check_all(test, &write, true);
}

static u32 plan_count_accesses(const struct vfio_pci_io *io, u32 off, u32 left)
{
	u32 end = off + left;
	u32 nr = 0;

	while (off < end) {
		struct vfio_pci_io_run run = vfio_pci_io_plan(io, off, end - off, false);

		if (!run.width || !run.nr)
			return U32_MAX;

		nr += run.nr;
		off += run.width * run.nr;
	}

	return nr;
}

static bool plan_check_fewest(struct kunit *test, const struct ref_bar *bar, u32 off, u32 left)
{
	struct vfio_pci_io_fake *fake = test->priv;
	u32 nr = plan_count_accesses(&fake->io, off, left);
	u32 want = ref_fewest(bar, off, left);

	if (nr == want)
		return true;

	KUNIT_FAIL(test, "%u bytes at %u, max %u: %u accesses, not %u", left, off, bar->max, nr,
		   want);
	return false;
}

static bool plan_check_fewest_all(struct kunit *test, const struct ref_bar *bar)
{
	u32 off, left;

	for (off = 0; off < 32; off++) {
		for (left = 1; left <= 80; left++) {
			if (!plan_check_fewest(test, bar, off, left))
				return false;
		}
	}

	return true;
}

/* No other choice of widths needs fewer accesses. */
static void plan_fewest(struct kunit *test)
{
	struct ref_bar bar = {};
	u32 i;

	for (bar.max = 1; bar.max <= 16; bar.max *= 2) {
		plan_set_max(test->priv, bar.max, false);
		if (!plan_check_fewest_all(test, &bar))
			return;
	}

	for (i = 0; i < ARRAY_SIZE(plan_rules); i++) {
		plan_set_rule(test->priv, &plan_rules[i]);
		if (!plan_check_fewest_all(test, &plan_rules[i]))
			return;
	}
}

/* vfio_pci_io_is_single, vfio_pci_io_is_run: at a glance what the planner finds out */

static bool glance_meets_hole(const struct vfio_pci_io *io, u32 off, u32 count)
{
	u32 byte;

	for (byte = off; byte < off + count; byte++) {
		if (byte >= io->hole_start && byte < io->hole_start + io->hole_size)
			return true;
	}

	return false;
}

static bool single_ref(const struct vfio_pci_io *io, u32 off, u32 count, u32 max)
{
	if (count != 1 && count != 2 && count != 4 && count != 8)
		return false;

	return off % count == 0 && count <= ref_lower_limit(max, io->max_width) &&
	       !glance_meets_hole(io, off, count);
}

/* Wider tables have runs of 8 as well, but it takes the planner to see those. */
static bool run_ref(const struct vfio_pci_io *io, u32 off, u32 count, u32 max)
{
	return io->ops->read_align == VFIO_PCI_IO_NATURAL && max == 8 &&
	       ref_lower_limit(max, io->max_width) == 8 && off % 8 == 0 && count % 8 == 0 &&
	       !glance_meets_hole(io, off, count);
}

/* What the glance has said must be what the planner says. */
static bool glance_check(struct kunit *test, u32 off, u32 count, u32 max, bool write,
			 const char *what, bool got, bool want, u32 width)
{
	struct vfio_pci_io_fake *fake = test->priv;
	struct vfio_pci_io *io = &fake->io;
	struct vfio_pci_io_run run;

	if (got != want) {
		KUNIT_FAIL(test, "%s: %u bytes at %u, max %u, cap %u, hole %llu+%llu: %s %s",
			   plan_direction(write), count, off, max, io->max_width,
			   io->hole_start, io->hole_size, want ? "is" : "is not", what);
		return false;
	}
	if (!want)
		return true;

	run = vfio_pci_io_plan(io, off, count, write);
	KUNIT_EXPECT_EQ(test, run.width, width);
	KUNIT_EXPECT_EQ(test, run.nr, count / width);

	return run.width == width && run.nr == count / width;
}

static bool single_check(struct kunit *test, u32 off, u32 count, u32 max, bool write)
{
	struct vfio_pci_io_fake *fake = test->priv;
	struct vfio_pci_io *io = &fake->io;

	return glance_check(test, off, count, max, write, "single",
			    vfio_pci_io_is_single(io, off, count, write),
			    single_ref(io, off, count, max), count) &&
	       glance_check(test, off, count, max, write, "a run",
			    vfio_pci_io_is_run(io, off, count, write),
			    run_ref(io, off, count, max), 8);
}

static bool single_check_all(struct kunit *test, u32 max, bool write)
{
	u32 off, count;

	for (off = 0; off < 40; off++) {
		for (count = 1; count <= 24; count++) {
			if (!single_check(test, off, count, max, write))
				return false;
		}
	}

	return true;
}

static const struct ref_bar single_tables[] = {
	{ .rule = REF_NATURAL, .max = 8, .boundary = 8 },
	{ .rule = REF_NATURAL, .max = 4, .boundary = 4 },
	{ .rule = REF_BLOCK, .max = 64, .boundary = 64 },
	{ .rule = REF_ANY, .max = 64, .boundary = 64 },
	{ .rule = REF_ANY, .max = 8, .boundary = 8 },
};

static void single_all(struct kunit *test)
{
	struct vfio_pci_io_fake *fake = test->priv;
	u32 i, hole, cap;

	for (i = 0; i < ARRAY_SIZE(single_tables); i++) {
		plan_set_rule(fake, &single_tables[i]);
		for (hole = 0; hole <= 16; hole++) {
			fake->io.hole_start = 13;
			fake->io.hole_size = hole;
			for (cap = 0; cap <= 16; cap = cap ? cap * 2 : 1) {
				fake->io.max_width = cap;
				if (!single_check_all(test, single_tables[i].max, false) ||
				    !single_check_all(test, single_tables[i].max, true))
					return;
			}
		}
	}
	KUNIT_EXPECT_EQ(test, fake->nr, 0);
}

static struct kunit_case plan_kunit_cases[] = {
	KUNIT_CASE_PARAM(plan_one, plan_gen_params),
	KUNIT_CASE(plan_longest_run),
	KUNIT_CASE(plan_all),
	KUNIT_CASE(plan_all_rules),
	KUNIT_CASE(plan_rule_of_the_direction),
	KUNIT_CASE(plan_fewest),
	KUNIT_CASE(single_all),
	{}
};

static struct kunit_suite plan_suite = {
	.name = "vfio_pci_io_plan",
	.init = plan_init,
	.test_cases = plan_kunit_cases,
};

kunit_test_suites(&max_width_suite, &in_hole_suite, &plan_suite);

/*
 * What MODULE_IMPORT_NS() stands for. Its argument is a name in older kernels
 * and a string in newer ones; this is the same in all.
 */
MODULE_INFO(import_ns, "EXPORTED_FOR_KUNIT_TESTING");

MODULE_DESCRIPTION("KUnit tests of BAR accesses that keep their width");
MODULE_LICENSE("GPL");
