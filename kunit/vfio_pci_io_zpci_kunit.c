// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite for the tables of zPCI functions: which instructions a request becomes, what
 * they carry, and what happens when they fail.
 */

#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "vfio_pci_io_zpci_model.h"

/* Requests begin below ALL_OFFSETS, have up to ALL_COUNTS bytes and end by ALL_END. */
#define ALL_OFFSETS	(MODEL_PAGE + 64)
#define ALL_COUNTS	MODEL_PAGE
#define ALL_END		(ALL_OFFSETS - 1 + ALL_COUNTS)

#define BUF_SIZE	MODEL_BAR_SIZE

/* The initial content of a buffer, which the BAR does not hold. */
static u8 zpci_buf_byte(u32 i)
{
	return ~(i * 5 + i / 256);
}

/* A buffer aligned to a page: @off of the BAR is at @off % page of it. */
static u8 *zpci_buf(struct kunit *test)
{
	u8 *buf = kunit_kzalloc(test, BUF_SIZE, GFP_KERNEL);
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	KUNIT_ASSERT_EQ(test, (unsigned long)buf % MODEL_PAGE, 0);
	for (i = 0; i < BUF_SIZE; i++)
		buf[i] = zpci_buf_byte(i);

	return buf;
}

static ssize_t zpci_rw(struct zpci_model *model, u8 *buf, u32 off, u32 count, bool write)
{
	return vfio_pci_io_rw(&model->io, off, buf + off % MODEL_PAGE, count, write);
}

struct zpci_mode {
	const char *name;
	bool relaxed_align;
	bool write;
};

static const struct zpci_mode zpci_modes[] = {
	{ "strict read", false, false },
	{ "strict write", false, true },
	{ "relaxed_align read", true, false },
	{ "relaxed_align write", true, true },
};

static void zpci_mode_desc(const struct zpci_mode *mode, char *desc)
{
	strscpy(desc, mode->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(zpci_mode, zpci_modes, zpci_mode_desc);

static struct zpci_model *zpci_mode_model(struct kunit *test)
{
	const struct zpci_mode *mode = test->param_value;

	test->priv = zpci_model_create(test, mode->relaxed_align);

	return test->priv;
}

/* vfio_pci_io_zpci: requests, by example */

#define EXAMPLE_INSNS	5

struct zpci_example {
	const char *name;
	bool relaxed_align;
	bool write;
	u32 off;
	u32 count;
	struct {
		enum zpci_model_kind kind;
		u16 len;
	} insn[EXAMPLE_INSNS];
};

static const struct zpci_example zpci_examples[] = {
	{ "read 1", false, false, 3, 1, {{ MODEL_PCILG, 1 }} },
	{ "read 8", false, false, 8, 8, {{ MODEL_PCILG, 8 }} },
	{ "read 6", false, false, 0, 6, {{ MODEL_PCILG, 4 }, { MODEL_PCILG, 2 }} },
	{ "read 8 at 4", false, false, 4, 8, {{ MODEL_PCILG, 4 }, { MODEL_PCILG, 4 }} },
	{ "read 16", false, false, 16, 16, {{ MODEL_PCILG, 8 }, { MODEL_PCILG, 8 }} },
	{ "write 1", false, true, 3, 1, {{ MODEL_PCISTG, 1 }} },
	{ "write 8", false, true, 8, 8, {{ MODEL_PCISTG, 8 }} },
	{ "write 6", false, true, 0, 6, {{ MODEL_PCISTG, 4 }, { MODEL_PCISTG, 2 }} },
	{ "write 12", false, true, 0, 12, {{ MODEL_PCISTG, 8 }, { MODEL_PCISTG, 4 }} },
	{ "write 16", false, true, 8, 16, {{ MODEL_PCISTB, 16 }} },
	{ "write 16 at 4", false, true, 4, 16,
	  {{ MODEL_PCISTG, 4 }, { MODEL_PCISTG, 8 }, { MODEL_PCISTG, 4 }} },
	{ "write 128", false, true, 256, 128, {{ MODEL_PCISTB, 128 }} },
	{ "write 128 at 8", false, true, 264, 128, {{ MODEL_PCISTB, 128 }} },
	{ "write 130", false, true, 0, 130, {{ MODEL_PCISTB, 128 }, { MODEL_PCISTG, 2 }} },
	{ "write 100 at 4", false, true, 4, 100, {{ MODEL_PCISTG, 4 }, { MODEL_PCISTB, 96 }} },
	{ "write 304 at 8", false, true, 8, 304,
	  {{ MODEL_PCISTB, 128 }, { MODEL_PCISTB, 128 }, { MODEL_PCISTB, 48 }} },
	{ "write 24 across pages", false, true, 4080, 24,
	  {{ MODEL_PCISTB, 16 }, { MODEL_PCISTG, 8 }} },
	{ "write 32 across pages", false, true, 4088, 32,
	  {{ MODEL_PCISTG, 8 }, { MODEL_PCISTB, 24 }} },
	{ "read 3 at 1", true, false, 1, 3, {{ MODEL_PCILG, 3 }} },
	{ "read 7 at 1", true, false, 1, 7, {{ MODEL_PCILG, 7 }} },
	{ "read 8 at 4", true, false, 4, 8, {{ MODEL_PCILG, 4 }, { MODEL_PCILG, 4 }} },
	{ "read 20 at 5", true, false, 5, 20,
	  {{ MODEL_PCILG, 3 }, { MODEL_PCILG, 8 }, { MODEL_PCILG, 8 }, { MODEL_PCILG, 1 }} },
	{ "write 1", true, true, 5, 1, {{ MODEL_PCISTB, 1 }} },
	{ "write 3 at 1", true, true, 1, 3, {{ MODEL_PCISTB, 3 }} },
	{ "write 8", true, true, 0, 8, {{ MODEL_PCISTB, 8 }} },
	{ "write 1021 at 77", true, true, 77, 1021, {{ MODEL_PCISTB, 1021 }} },
	{ "write a page", true, true, 4096, 4096, {{ MODEL_PCISTB, 4096 }} },
	{ "write 100 across pages", true, true, 4090, 100,
	  {{ MODEL_PCISTB, 6 }, { MODEL_PCISTB, 94 }} },
};

static void zpci_example_desc(const struct zpci_example *e, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s%s", e->relaxed_align ? "relaxed_align " : "",
		 e->name);
}

KUNIT_ARRAY_PARAM(zpci_example, zpci_examples, zpci_example_desc);

static void zpci_by_example(struct kunit *test)
{
	const struct zpci_example *e = test->param_value;
	struct zpci_model *model = zpci_model_create(test, e->relaxed_align);
	u32 i, off = e->off;

	test->priv = model;
	KUNIT_ASSERT_EQ(test, zpci_rw(model, zpci_buf(test), e->off, e->count, e->write),
			e->count);

	for (i = 0; i < EXAMPLE_INSNS && e->insn[i].len; i++) {
		const struct zpci_model_entry *entry = &model->log[i];

		KUNIT_EXPECT_EQ(test, entry->kind, e->insn[i].kind);
		KUNIT_EXPECT_EQ(test, entry->len, e->insn[i].len);
		KUNIT_EXPECT_EQ(test, entry->off, off);
		KUNIT_EXPECT_EQ(test, entry->fh, MODEL_FH);
		KUNIT_EXPECT_EQ(test, entry->space, MODEL_BAR);
		KUNIT_EXPECT_EQ(test, entry->cc, MODEL_CC_DONE);
		off += entry->len;
	}
	KUNIT_EXPECT_EQ(test, model->nr, i);
}

/* 4 KiB are 32 blocks with a maxstbl of 128, and one block on ISM. */
static void zpci_page(struct kunit *test)
{
	struct zpci_model *model = zpci_model_create(test, false);
	u32 i;

	test->priv = model;
	KUNIT_EXPECT_EQ(test, zpci_rw(model, zpci_buf(test), 0, 4096, true), 4096);
	KUNIT_ASSERT_EQ(test, model->nr, 32);
	for (i = 0; i < 32; i++) {
		KUNIT_EXPECT_EQ(test, model->log[i].kind, MODEL_PCISTB);
		KUNIT_EXPECT_EQ(test, model->log[i].len, 128);
		KUNIT_EXPECT_EQ(test, model->log[i].off, 128 * i);
	}

	model = zpci_model_create(test, true);
	test->priv = model;
	KUNIT_EXPECT_EQ(test, zpci_rw(model, zpci_buf(test), 0, 4096, true), 4096);
	KUNIT_EXPECT_EQ(test, model->nr, 1);
}

/* vfio_pci_io_zpci: all requests, by the planner */

/**
 * struct zpci_all - the oracle: which accesses exist, and the fewest
 * @model: the function
 * @write: direction
 * @allowed: bit @width of bitmap @off: the function has such an instruction
 * @fewest: fewest accesses from this offset to the end of the request
 * @planned: accesses that the code under test needs for that
 * @run: the first run that it plans
 */
struct zpci_all {
	struct zpci_model *model;
	bool write;
	unsigned long (*allowed)[BITS_TO_LONGS(ALL_COUNTS + 1)];
	u16 fewest[ALL_END + 1];
	u16 planned[ALL_END + 1];
	struct vfio_pci_io_run run[ALL_END + 1];
};

static void zpci_all_free(void *all)
{
	vfree(((struct zpci_all *)all)->allowed);
	vfree(all);
}

/* Can any instruction access these bytes? */
static bool zpci_all_allowed(const struct zpci_all *all, u32 off, u32 width)
{
	unsigned long src = off % MODEL_PAGE;

	if (!all->write)
		return zpci_model_allows(all->model, MODEL_PCILG, off, width, 0);

	return zpci_model_allows(all->model, MODEL_PCISTG, off, width, 0) ||
	       zpci_model_allows(all->model, MODEL_PCISTB, off, width, src);
}

static struct zpci_all *zpci_all_create(struct kunit *test)
{
	const struct zpci_mode *mode = test->param_value;
	struct zpci_all *all = vzalloc(sizeof(*all));
	u32 off, width;

	KUNIT_ASSERT_NOT_NULL(test, all);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, zpci_all_free, all), 0);
	all->allowed = vzalloc(array_size(ALL_END, sizeof(*all->allowed)));
	KUNIT_ASSERT_NOT_NULL(test, all->allowed);
	all->model = zpci_mode_model(test);
	all->write = mode->write;

	for (off = 0; off < ALL_END; off++) {
		for (width = 1; width <= ALL_COUNTS; width++) {
			if (zpci_all_allowed(all, off, width))
				__set_bit(width, all->allowed[off]);
		}
	}

	return all;
}

static u32 zpci_all_widest(const struct zpci_all *all, u32 off, u32 left)
{
	return find_last_bit(all->allowed[off], left + 1);
}

/*
 * The minimum over all widths. The search stops at a lower bound: two accesses if one
 * is not enough, and no fewer than accesses of the greatest width would take.
 */
static u16 zpci_all_fewest(const struct zpci_all *all, u32 off, u32 left)
{
	u32 widest = zpci_all_widest(all, off, left), width;
	u32 most = all->write ? all->model->maxstbl : 8;
	u16 enough = max_t(u16, widest == left ? 1 : 2, DIV_ROUND_UP(left, most));
	u16 best = U16_MAX;

	for (width = widest; width >= 1 && best > enough; width--) {
		if (test_bit(width, all->allowed[off]))
			best = min_t(u16, best, 1 + all->fewest[off + width]);
	}

	return best;
}

/*
 * By induction from the end: the first access of a run is the widest possible, and the
 * rest of it is the run that is planned after that access.
 */
static const char *zpci_all_wrong(struct zpci_all *all, u32 off, u32 end)
{
	struct vfio_pci_io_run run, *next;

	run = vfio_pci_io_plan(&all->model->io, off, end - off, all->write);
	all->run[off] = run;
	if (!run.nr || !run.width || (u64)run.width * run.nr > end - off)
		return "is empty or too long";
	if (run.width != zpci_all_widest(all, off, end - off))
		return "does not begin with the widest access";

	next = &all->run[off + run.width];
	if (run.nr > 1 && (next->width != run.width || next->nr != run.nr - 1))
		return "differs from the plan after its first access";

	all->planned[off] = run.nr + all->planned[off + run.width * run.nr];
	all->fewest[off] = zpci_all_fewest(all, off, end - off);
	if (all->planned[off] != all->fewest[off])
		return "does not lead to the fewest accesses";

	return NULL;
}

static bool zpci_all_check(struct kunit *test, struct zpci_all *all, u32 off, u32 end)
{
	const char *wrong = zpci_all_wrong(all, off, end);

	if (!wrong)
		return true;

	KUNIT_FAIL(test, "%u bytes at %u: the run of %u times %u %s", end - off, off,
		   all->run[off].nr, all->run[off].width, wrong);
	return false;
}

static void zpci_plan_all(struct kunit *test)
{
	struct zpci_all *all = zpci_all_create(test);
	u32 end, off;

	for (end = 1; end <= ALL_END; end++) {
		all->fewest[end] = 0;
		all->planned[end] = 0;
		all->run[end] = (struct vfio_pci_io_run) {};
		for (off = end; off > 0 && end - off < ALL_COUNTS; off--) {
			if (!zpci_all_check(test, all, off - 1, end))
				return;
		}
		cond_resched();
	}
}

/* vfio_pci_io_zpci: requests, with all that they carry */

/* Check the bytes that a request carried. The buffer is from zpci_buf(). */
static bool zpci_carried(struct kunit *test, struct zpci_model *model, const u8 *buf,
			 u32 off, u32 count, bool write)
{
	const u8 *area = buf + off % MODEL_PAGE;
	u32 i;

	for (i = 0; i < count; i++) {
		u8 want = write ? zpci_buf_byte(off % MODEL_PAGE + i) : zpci_model_byte(off + i);

		if (model->bar[off + i] != want || area[i] != want) {
			KUNIT_FAIL(test, "%u bytes at %u: byte %u is wrong", count, off, i);
			return false;
		}
	}

	return true;
}

/* Check the bytes around them, a doubleword on each side. */
static bool zpci_others_left_alone(struct kunit *test, struct zpci_model *model, const u8 *buf,
				   u32 off, u32 count)
{
	u32 from = off % MODEL_PAGE, i;

	for (i = 1; i <= 8; i++) {
		if ((off >= i && model->bar[off - i] != zpci_model_byte(off - i)) ||
		    model->bar[off + count + i - 1] != zpci_model_byte(off + count + i - 1) ||
		    (from >= i && buf[from - i] != zpci_buf_byte(from - i)) ||
		    buf[from + count + i - 1] != zpci_buf_byte(from + count + i - 1)) {
			KUNIT_FAIL(test, "%u bytes at %u: a byte beside them changed", count, off);
			return false;
		}
	}

	return true;
}

static bool zpci_insns_done(struct kunit *test, struct zpci_model *model, u32 off, u32 count)
{
	u32 at = off, i;

	for (i = 0; i < model->nr; i++) {
		if (model->log[i].cc != MODEL_CC_DONE || model->log[i].off != at) {
			KUNIT_FAIL(test, "%u bytes at %u: instruction %u is out of place",
				   count, off, i);
			return false;
		}
		at += model->log[i].len;
	}

	return at == off + count;
}

static void zpci_undo(struct zpci_model *model, u8 *buf, u32 off, u32 count)
{
	u32 from = off % MODEL_PAGE, i;

	for (i = 0; i < count; i++) {
		model->bar[off + i] = zpci_model_byte(off + i);
		buf[from + i] = zpci_buf_byte(from + i);
	}
	model->nr = 0;
}

static bool zpci_carry_check(struct kunit *test, struct zpci_model *model, u8 *buf, u32 off,
			     u32 count, bool write)
{
	bool good = zpci_rw(model, buf, off, count, write) == count &&
		    zpci_insns_done(test, model, off, count) &&
		    zpci_carried(test, model, buf, off, count, write) &&
		    zpci_others_left_alone(test, model, buf, off, count);

	zpci_undo(model, buf, off, count);
	if (!good)
		KUNIT_FAIL(test, "%u bytes at %u", count, off);

	return good;
}

/* Short requests at all offsets, and long ones at offsets near multiples of 256. */
static void zpci_carry_all_offsets(struct kunit *test)
{
	static const u16 long_counts[] = { 127, 128, 129, 136, 255, 1000, 4088, 4095, 4096 };
	const struct zpci_mode *mode = test->param_value;
	struct zpci_model *model = zpci_mode_model(test);
	u8 *buf = zpci_buf(test);
	u32 off, count, i;

	for (off = 0; off < ALL_OFFSETS; off++) {
		for (count = 1; count <= 40; count++) {
			if (!zpci_carry_check(test, model, buf, off, count, mode->write))
				return;
		}
		cond_resched();
	}

	for (off = 0; off < ALL_OFFSETS; off += off % 256 == 16 ? 225 : 1) {
		for (i = 0; i < ARRAY_SIZE(long_counts); i++) {
			if (!zpci_carry_check(test, model, buf, off, long_counts[i], mode->write))
				return;
		}
		cond_resched();
	}
}

/*
 * All offsets in a doubleword and some near the end of a page, with most counts: between
 * 300 and 4000, every seventh.
 */
static void zpci_carry_all_counts(struct kunit *test)
{
	static const u16 offsets[] = { 0, 1, 2, 3, 4, 5, 6, 7, 128, 4090, 4096, 4159 };
	const struct zpci_mode *mode = test->param_value;
	struct zpci_model *model = zpci_mode_model(test);
	u8 *buf = zpci_buf(test);
	u32 count, i;

	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		for (count = 1; count <= ALL_COUNTS; count += count < 300 || count > 4000 ? 1 : 7) {
			if (!zpci_carry_check(test, model, buf, offsets[i], count, mode->write))
				return;
		}
		cond_resched();
	}
}

/* vfio_pci_io_zpci: limits */

static void zpci_all_maxstbl(struct kunit *test)
{
	static const u16 limits[] = { 0, 1, 8, 9, 15, 16, 64, 100, 128, 256, 4095, 4096 };
	const struct zpci_mode *mode = test->param_value;
	struct zpci_model *model = zpci_mode_model(test);
	u8 *buf = zpci_buf(test);
	u32 i, off, count;

	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		/* Without PCISTG, a function has store blocks of at least 8 bytes. */
		if (mode->relaxed_align && limits[i] < 8)
			continue;
		zpci_model_set_limits(model, limits[i], 0);
		for (off = 4000; off < 4120; off++) {
			for (count = 1; count < 300; count += 3) {
				if (!zpci_carry_check(test, model, buf, off, count, mode->write))
					return;
			}
		}
	}
}

static void zpci_all_limits(struct kunit *test)
{
	const struct zpci_mode *mode = test->param_value;
	struct zpci_model *model = zpci_mode_model(test);
	u8 *buf = zpci_buf(test);
	u32 limit, off, count, i;

	for (limit = 1; limit <= 4096; limit *= 2) {
		zpci_model_set_limits(model, model->maxstbl, limit);
		for (off = 4060; off < 4110; off++) {
			for (count = 1; count < 150; count += 5) {
				zpci_rw(model, buf, off, count, mode->write);
				for (i = 0; i < model->nr; i++) {
					if (model->log[i].len > limit)
						KUNIT_FAIL(test, "%u bytes where %u are the most",
							   model->log[i].len, limit);
				}
				model->nr = 0;
				zpci_undo(model, buf, off, count);
				if (!zpci_carry_check(test, model, buf, off, count, mode->write))
					return;
			}
		}
	}
}

static void zpci_hole(struct kunit *test)
{
	const struct zpci_mode *mode = test->param_value;
	struct zpci_model *model = zpci_mode_model(test);
	u8 *buf = zpci_buf(test);
	u32 i;

	model->io.hole_start = 1021;
	model->io.hole_size = 70;
	KUNIT_ASSERT_EQ(test, zpci_rw(model, buf, 900, 400, mode->write), 400);

	for (i = 0; i < model->nr; i++) {
		const struct zpci_model_entry *e = &model->log[i];

		KUNIT_EXPECT_EQ(test, e->cc, MODEL_CC_DONE);
		KUNIT_EXPECT_TRUE(test, e->off + e->len <= 1021 || e->off >= 1091);
	}
	for (i = 900; i < 1300; i++) {
		bool in_hole = i >= 1021 && i < 1091;
		u8 bar = mode->write && !in_hole ? zpci_buf_byte(i) : zpci_model_byte(i);

		KUNIT_EXPECT_EQ(test, model->bar[i], bar);
		if (!mode->write)
			KUNIT_EXPECT_EQ(test, buf[i], in_hole ? 0xff : zpci_model_byte(i));
	}
}

/* vfio_pci_io_zpci: what can go wrong */

/* A reset between two instructions: the second uses the new handle. */
static void zpci_handle_is_read_each_time(struct kunit *test)
{
	const struct zpci_mode *mode = test->param_value;
	struct zpci_model *model = zpci_mode_model(test);
	u8 *buf = zpci_buf(test);

	model->reset_at = 1;
	KUNIT_EXPECT_EQ(test, zpci_rw(model, buf, 4092, 8, mode->write), 8);
	KUNIT_EXPECT_EQ(test, model->nr, 2);
	KUNIT_EXPECT_EQ(test, model->log[0].fh, MODEL_FH);
	KUNIT_EXPECT_EQ(test, model->log[1].fh, MODEL_FH + 0x01000000);
}

static void zpci_invalid_handle(struct kunit *test)
{
	const struct zpci_mode *mode = test->param_value;
	struct zpci_model *model = zpci_mode_model(test);
	u8 *buf = zpci_buf(test);

	model->stale_fh = MODEL_FH + 1;
	KUNIT_EXPECT_EQ(test, zpci_rw(model, buf, 0, 8, mode->write), -EIO);
	KUNIT_EXPECT_EQ(test, model->nr, 1);

	/* The handle of a disabled function. */
	zpci_model_reset(model);
	model->stale_fh = MODEL_FH & ~MODEL_FH_ENABLED;
	KUNIT_EXPECT_EQ(test, zpci_rw(model, buf, 0, 8, mode->write), -EIO);

	/* Midway: the bytes done are returned. */
	zpci_model_reset(model);
	model->stale_fh = MODEL_FH;
	model->reset_at = 1;
	KUNIT_EXPECT_EQ(test, zpci_rw(model, buf, 4092, 8, mode->write), 4);
	KUNIT_EXPECT_EQ(test, model->nr, 2);
	KUNIT_EXPECT_EQ(test, model->log[1].cc, MODEL_CC_HANDLE);
}

static void zpci_error_state(struct kunit *test)
{
	const struct zpci_mode *mode = test->param_value;
	struct zpci_model *model = zpci_mode_model(test);
	u8 *buf = zpci_buf(test);

	model->error = true;
	KUNIT_EXPECT_EQ(test, zpci_rw(model, buf, 0, 8, mode->write), -EIO);
	KUNIT_EXPECT_EQ(test, model->nr, 1);
	/* A failed access leaves the buffer as it was. */
	KUNIT_EXPECT_EQ(test, buf[0], zpci_buf_byte(0));

	zpci_model_reset(model);
	model->error_at = 1;
	KUNIT_EXPECT_EQ(test, zpci_rw(model, buf, 4092, 8, mode->write), 4);
	KUNIT_EXPECT_EQ(test, model->nr, 2);
}

static void zpci_program_check(struct kunit *test)
{
	const struct zpci_mode *mode = test->param_value;
	struct zpci_model *model = zpci_mode_model(test);
	u8 *buf = zpci_buf(test);

	model->check_at = 1;
	KUNIT_EXPECT_EQ(test, zpci_rw(model, buf, 0, 8, mode->write), -ENXIO);
	KUNIT_EXPECT_EQ(test, model->nr, 1);

	zpci_model_reset(model);
	model->check_at = 2;
	KUNIT_EXPECT_EQ(test, zpci_rw(model, buf, 4092, 8, mode->write), 4);
	KUNIT_EXPECT_EQ(test, model->nr, 2);
}

/* The instruction is retried, and done once. */
static void zpci_busy(struct kunit *test)
{
	const struct zpci_mode *mode = test->param_value;
	struct zpci_model *model = zpci_mode_model(test);
	u8 *buf = zpci_buf(test);
	u32 i;

	model->busy = 3;
	KUNIT_EXPECT_EQ(test, zpci_rw(model, buf, 4092, 8, mode->write), 8);
	KUNIT_EXPECT_EQ(test, model->nr, 5);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, model->log[i].cc, MODEL_CC_BUSY);
	KUNIT_EXPECT_TRUE(test, zpci_carried(test, model, buf, 4092, 8, mode->write));
}

/* A BAR of 256 TiB: no offset is truncated to 32 bits. */
static void zpci_far(struct kunit *test)
{
	const struct zpci_mode *mode = test->param_value;
	struct zpci_model *model = zpci_mode_model(test);

	/* Outside the model's BAR, so it fails, but it is logged. */
	KUNIT_EXPECT_EQ(test, vfio_pci_io_rw(&model->io, 0xffff12345678ULL, zpci_buf(test) + 0x678,
					     8, mode->write), -ENXIO);
	KUNIT_EXPECT_EQ(test, model->nr, 1);
	KUNIT_EXPECT_EQ(test, model->log[0].off, 0xffff12345678ULL);
	KUNIT_EXPECT_EQ(test, model->log[0].len, 8);
}

static struct kunit_case zpci_kunit_cases[] = {
	KUNIT_CASE_PARAM(zpci_by_example, zpci_example_gen_params),
	KUNIT_CASE(zpci_page),
	KUNIT_CASE_PARAM(zpci_plan_all, zpci_mode_gen_params),
	KUNIT_CASE_PARAM(zpci_carry_all_offsets, zpci_mode_gen_params),
	KUNIT_CASE_PARAM(zpci_carry_all_counts, zpci_mode_gen_params),
	KUNIT_CASE_PARAM(zpci_all_maxstbl, zpci_mode_gen_params),
	KUNIT_CASE_PARAM(zpci_all_limits, zpci_mode_gen_params),
	KUNIT_CASE_PARAM(zpci_hole, zpci_mode_gen_params),
	KUNIT_CASE_PARAM(zpci_handle_is_read_each_time, zpci_mode_gen_params),
	KUNIT_CASE_PARAM(zpci_invalid_handle, zpci_mode_gen_params),
	KUNIT_CASE_PARAM(zpci_error_state, zpci_mode_gen_params),
	KUNIT_CASE_PARAM(zpci_program_check, zpci_mode_gen_params),
	KUNIT_CASE_PARAM(zpci_busy, zpci_mode_gen_params),
	KUNIT_CASE_PARAM(zpci_far, zpci_mode_gen_params),
	{}
};

static struct kunit_suite zpci_suite = {
	.name = "vfio_pci_io_zpci",
	.test_cases = zpci_kunit_cases,
};

kunit_test_suite(zpci_suite);

MODULE_INFO(import_ns, "EXPORTED_FOR_KUNIT_TESTING");

MODULE_DESCRIPTION("KUnit tests of BAR accesses by zPCI instructions");
MODULE_LICENSE("GPL");
