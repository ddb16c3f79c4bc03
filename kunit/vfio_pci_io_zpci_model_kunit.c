// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite for the model of a zPCI function, which the other suites rely on.
 */

#include <kunit/test.h>
#include <linux/string.h>

#include "vfio_pci_io_zpci_model.h"

struct model_case {
	const char *name;
	enum zpci_model_kind kind;
	u64 off;
	u16 len;
	u16 src;
	bool strict;
	bool relaxed_align;
};

static const struct model_case model_cases[] = {
	{ "load 1", MODEL_PCILG, 7, 1, 0, true, true },
	{ "load 2", MODEL_PCILG, 6, 2, 0, true, true },
	{ "load 2 at 3", MODEL_PCILG, 3, 2, 0, false, true },
	{ "load 3", MODEL_PCILG, 0, 3, 0, false, true },
	{ "load 4 at 2", MODEL_PCILG, 2, 4, 0, false, true },
	{ "load 8", MODEL_PCILG, 16, 8, 0, true, true },
	{ "load 8 at 4", MODEL_PCILG, 4, 8, 0, false, false },
	{ "load 2 at 7", MODEL_PCILG, 7, 2, 0, false, false },
	{ "load 0", MODEL_PCILG, 0, 0, 0, false, false },
	{ "load 9", MODEL_PCILG, 0, 9, 0, false, false },
	{ "store 1", MODEL_PCISTG, 1, 1, 0, true, false },
	{ "store 4", MODEL_PCISTG, 4, 4, 0, true, false },
	{ "store 8", MODEL_PCISTG, 8, 8, 0, true, false },
	{ "store 3", MODEL_PCISTG, 0, 3, 0, false, false },
	{ "store 8 at 4", MODEL_PCISTG, 4, 8, 0, false, false },
	{ "store 0", MODEL_PCISTG, 0, 0, 0, false, false },
	{ "block of 0", MODEL_PCISTB, 0, 0, 0, false, false },
	{ "block of 1", MODEL_PCISTB, 5, 1, 3, false, true },
	{ "block of 8", MODEL_PCISTB, 0, 8, 0, false, true },
	{ "block of 12", MODEL_PCISTB, 0, 12, 0, false, true },
	{ "block of 16", MODEL_PCISTB, 8, 16, 8, true, true },
	{ "block of 16 at 4", MODEL_PCISTB, 4, 16, 8, false, true },
	{ "block of 16 from 4", MODEL_PCISTB, 8, 16, 4, false, true },
	{ "block of 128", MODEL_PCISTB, 0xf80, 128, 0xf80, true, true },
	{ "block of 128 into the next page", MODEL_PCISTB, 0xf88, 128, 0, false, false },
	{ "block of 128 from two pages", MODEL_PCISTB, 0, 128, 0xf88, false, false },
	{ "block of 136", MODEL_PCISTB, 0, 136, 0, false, true },
	{ "block of a page", MODEL_PCISTB, 0x1000, 4096, 0, false, true },
	{ "block of more than a page", MODEL_PCISTB, 0, 4097, 0, false, false },
};

static void model_case_desc(const struct model_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(model, model_cases, model_case_desc);

static u8 model_try(struct kunit *test, const struct model_case *c, bool relaxed_align,
		    u32 fh, u8 space)
{
	struct zpci_model *model = zpci_model_create(test, relaxed_align);
	u8 *src = kunit_kzalloc(test, 2 * MODEL_PAGE, GFP_KERNEL);
	u64 reg = 0;

	KUNIT_ASSERT_NOT_NULL(test, src);
	KUNIT_ASSERT_EQ(test, (unsigned long)src % MODEL_PAGE, 0);

	return zpci_model_execute(model, c->kind, vfio_pci_zpci_req(fh, space, c->len),
				  c->off, &reg, src + c->src);
}

static void model_knows_the_rules(struct kunit *test)
{
	const struct model_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, model_try(test, c, false, MODEL_FH, MODEL_BAR),
			c->strict ? MODEL_CC_DONE : MODEL_PROGRAM_CHECK);
	KUNIT_EXPECT_EQ(test, model_try(test, c, true, MODEL_FH, MODEL_BAR),
			c->relaxed_align ? MODEL_CC_DONE : MODEL_PROGRAM_CHECK);
}

static void model_knows_the_function(struct kunit *test)
{
	static const struct model_case load = { "", MODEL_PCILG, 0, 8 };
	static const struct model_case store = { "", MODEL_PCISTG, 0, 8 };
	static const struct model_case block = { "", MODEL_PCISTB, 0, 64 };
	static const struct model_case *const insns[] = { &load, &store, &block };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(insns); i++) {
		KUNIT_EXPECT_EQ(test, model_try(test, insns[i], false, MODEL_FH, MODEL_BAR),
				MODEL_CC_DONE);
		KUNIT_EXPECT_EQ(test, model_try(test, insns[i], false, MODEL_FH, MODEL_BAR + 1),
				MODEL_CC_ERROR);
		KUNIT_EXPECT_EQ(test, model_try(test, insns[i], false, MODEL_FH + 1, MODEL_BAR),
				MODEL_CC_HANDLE);
		KUNIT_EXPECT_EQ(test, model_try(test, insns[i], false,
						MODEL_FH & ~MODEL_FH_ENABLED, MODEL_BAR),
				MODEL_CC_HANDLE);
	}
}

static void model_carries_bytes(struct kunit *test)
{
	struct zpci_model *model = zpci_model_create(test, true);
	u64 reg = 0x0102030405060708ULL;

	KUNIT_EXPECT_EQ(test, zpci_model_execute(model, MODEL_PCILG,
						 vfio_pci_zpci_req(MODEL_FH, MODEL_BAR, 3), 17,
						 &reg, NULL), MODEL_CC_DONE);
	KUNIT_EXPECT_EQ(test, reg & 0xffffff, zpci_model_byte(17) << 16 |
			zpci_model_byte(18) << 8 | zpci_model_byte(19));

	model->relaxed_align = false;
	reg = 0x0102030405060708ULL;
	KUNIT_EXPECT_EQ(test, zpci_model_execute(model, MODEL_PCISTG,
						 vfio_pci_zpci_req(MODEL_FH, MODEL_BAR, 4), 8,
						 &reg, NULL), MODEL_CC_DONE);
	KUNIT_EXPECT_EQ(test, model->bar[7], zpci_model_byte(7));
	KUNIT_EXPECT_EQ(test, model->bar[8], 5);
	KUNIT_EXPECT_EQ(test, model->bar[11], 8);
	KUNIT_EXPECT_EQ(test, model->bar[12], zpci_model_byte(12));
}

static struct kunit_case model_kunit_cases[] = {
	KUNIT_CASE_PARAM(model_knows_the_rules, model_gen_params),
	KUNIT_CASE(model_knows_the_function),
	KUNIT_CASE(model_carries_bytes),
	{}
};

static struct kunit_suite model_suite = {
	.name = "vfio_pci_zpci_model",
	.test_cases = model_kunit_cases,
};

kunit_test_suite(model_suite);
