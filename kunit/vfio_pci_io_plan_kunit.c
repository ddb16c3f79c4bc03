// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite for the planner: the next run of a request.
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

/* A run ends before its number of accesses or bytes would overflow a u32. */
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
 * Each access of a run is that of the reference. A naturally aligned run of the widest
 * accesses does not end early; any other may. A request that vfio_pci_io_is_single()
 * takes for one access is planned as one.
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
		what = "none, or more than are left";
	for (i = 0; i < run.nr && !what; i++) {
		if (ref.access[i].width != run.width)
			what = "one of them has the wrong width";
	}
	if (!what && bar->rule == REF_NATURAL && run.width == bar->max && run.nr < ref.nr &&
	    ref.access[run.nr].width == run.width)
		what = "the run ends early";
	if (vfio_pci_io_is_single(&fake->io, off, left, write) && run.width != left)
		what = "vfio_pci_io_is_single() says one access";
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
	static const u32 limits[] = { 0, 1, 2, 4, 8 };
	struct vfio_pci_io_fake *fake = test->priv;
	struct ref_bar bar = {};
	u32 max, i;
	int write;

	for (max = 1; max <= 16; max *= 2) {
		for (i = 0; i < ARRAY_SIZE(limits); i++) {
			for (write = 0; write <= 1; write++) {
				plan_set_max(fake, max, write);
				fake->io.max_width = limits[i];
				bar.max = ref_lower_limit(max, limits[i]);
				if (!plan_check_all(test, &bar, write))
					return;
			}
		}
	}
}

/* Rules other than natural alignment. */
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

static bool plan_check_limit(struct kunit *test, struct ref_bar bar, u32 limit)
{
	struct vfio_pci_io_fake *fake = test->priv;

	plan_set_rule(fake, &bar);
	fake->io.max_width = limit;
	bar.max = ref_lower_limit(bar.max, limit);

	return plan_check_all(test, &bar, false) && plan_check_all(test, &bar, true);
}

/* A limit above 8 bytes is a function's maxstbl, so any number. */
static void plan_all_rules(struct kunit *test)
{
	static const u32 limits[] = { 0, 1, 4, 8, 9, 15, 30, 100 };
	u32 i, j;

	for (i = 0; i < ARRAY_SIZE(plan_rules); i++) {
		for (j = 0; j < ARRAY_SIZE(limits); j++) {
			if (!plan_check_limit(test, plan_rules[i], limits[j]))
				return;
		}
	}
}

/* Each direction has its own rule. */
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

	for (bar.max = 1; bar.max <= 16; bar.max *= 2) {
		plan_set_max(test->priv, bar.max, false);
		if (!plan_check_fewest_all(test, &bar))
			return;
	}
}

static void plan_fewest_all_rules(struct kunit *test)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(plan_rules); i++) {
		plan_set_rule(test->priv, &plan_rules[i]);
		if (!plan_check_fewest_all(test, &plan_rules[i]))
			return;
	}
}

static struct kunit_case plan_kunit_cases[] = {
	KUNIT_CASE_PARAM(plan_one, plan_gen_params),
	KUNIT_CASE(plan_longest_run),
	KUNIT_CASE(plan_all),
	KUNIT_CASE(plan_all_rules),
	KUNIT_CASE(plan_rule_of_the_direction),
	KUNIT_CASE(plan_fewest),
	KUNIT_CASE(plan_fewest_all_rules),
	{}
};

static struct kunit_suite plan_suite = {
	.name = "vfio_pci_io_plan",
	.init = plan_init,
	.test_cases = plan_kunit_cases,
};

kunit_test_suite(plan_suite);

/*
 * The expansion of MODULE_IMPORT_NS(), whose argument is a name in older kernels and a
 * string in newer ones.
 */
MODULE_INFO(import_ns, "EXPORTED_FOR_KUNIT_TESTING");

MODULE_DESCRIPTION("KUnit tests for accesses to VFIO PCI BARs");
MODULE_LICENSE("GPL");
