// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite for the parameter bar_max_width=: which texts are accepted and what they mean,
 * which are refused without effect, and what is read back.
 */

#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/string.h>

#include "vfio_pci_io.h"

/* The most entries that fit. */
#define LIMIT_IDS	16

/* More than the bytes of an entry such as ",8086:0010:4096". */
#define LIMIT_ID_CHARS	16

/**
 * struct limit_test - what one test case works on
 * @pdev: a function with nothing but its IDs
 * @found: the parameter's value before the test case
 * @text: what is read back
 */
struct limit_test {
	struct pci_dev pdev;
	char *found;
	char *text;
};

/* A page, as sysfs passes one to a reader. */
static char *limit_page(struct kunit *test)
{
	char *page = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_EQ(test, offset_in_page(page), 0);

	return page;
}

static int limit_init(struct kunit *test)
{
	struct limit_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->text = limit_page(test);
	t->found = limit_page(test);
	KUNIT_ASSERT_GT(test, vfio_pci_io_get_limits(t->found, NULL), 0);
	test->priv = t;

	return vfio_pci_io_set_limits("0", NULL);
}

static const char *limit_read_back(struct kunit *test)
{
	struct limit_test *t = test->priv;
	int len = vfio_pci_io_get_limits(t->text, NULL);

	KUNIT_EXPECT_EQ(test, len, strlen(t->text));

	return t->text;
}

static void limit_exit(struct kunit *test)
{
	struct limit_test *t = test->priv;

	if (!t)
		return;
	KUNIT_EXPECT_EQ(test, vfio_pci_io_set_limits(t->found, NULL), 0);
	KUNIT_EXPECT_STREQ(test, limit_read_back(test), t->found);
}

static u32 limit_of(struct kunit *test, u16 vendor, u16 device)
{
	struct limit_test *t = test->priv;

	t->pdev.vendor = vendor;
	t->pdev.device = device;

	return vfio_pci_io_width_limit(&t->pdev);
}

/**
 * struct limit_case - a text that is accepted
 * @text: the text
 * @read_back: what is read afterwards
 * @width: limit of the function ffff:ffff, which has an entry in one case only
 * @width_8086_1572: limit of the function 8086:1572
 */
struct limit_case {
	const char *text;
	const char *read_back;
	u32 width;
	u32 width_8086_1572;
};

static const struct limit_case limit_cases[] = {
	{ "0", "0\n", 0, 0 },
	{ "1", "1\n", 1, 1 },
	{ "2", "2\n", 2, 2 },
	{ "4", "4\n", 4, 4 },
	{ "8", "8\n", 8, 8 },
	{ "16", "16\n", 16, 16 },
	{ "4096", "4096\n", 4096, 4096 },
	{ "4\n", "4\n", 4, 4 },
	{ "8,4", "4\n", 4, 4 },
	{ "4,0", "0\n", 0, 0 },
	{ "8086:1572:4", "0,8086:1572:4\n", 0, 4 },
	{ "8086:1572:4\n", "0,8086:1572:4\n", 0, 4 },
	{ "8,8086:1572:4", "8,8086:1572:4\n", 8, 4 },
	{ "8086:1572:4,8", "8,8086:1572:4\n", 8, 4 },
	{ "4,8086:1572:8", "4,8086:1572:8\n", 4, 8 },
	{ "4,8086:1572:0", "4,8086:1572:0\n", 4, 0 },
	{ "8086:1572:8,8086:1572:2", "0,8086:1572:8,8086:1572:2\n", 0, 2 },
	{ "8086:1572:2,1106:3483:4", "0,8086:1572:2,1106:3483:4\n", 0, 2 },
	{ "1106:3483:4,8086:1572:2", "0,1106:3483:4,8086:1572:2\n", 0, 2 },
	{ "8086:1573:4", "0,8086:1573:4\n", 0, 0 },
	{ "8087:1572:4", "0,8087:1572:4\n", 0, 0 },
	{ "1572:8086:4", "0,1572:8086:4\n", 0, 0 },
	{ "1:2:4", "0,0001:0002:4\n", 0, 0 },
	{ "ABCD:EF01:4096", "0,abcd:ef01:4096\n", 0, 0 },
	{ "ffff:ffff:4", "0,ffff:ffff:4\n", 4, 0 },
};

static void limit_case_desc(const struct limit_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%.*s%s", (int)strcspn(c->text, "\n"), c->text,
		 strchr(c->text, '\n') ? " with a newline" : "");
}

KUNIT_ARRAY_PARAM(limit, limit_cases, limit_case_desc);

static void limit_check(struct kunit *test, const struct limit_case *c)
{
	KUNIT_EXPECT_STREQ(test, limit_read_back(test), c->read_back);
	KUNIT_EXPECT_EQ(test, limit_of(test, 0xffff, 0xffff), c->width);
	KUNIT_EXPECT_EQ(test, limit_of(test, 0x8086, 0x1572), c->width_8086_1572);
}

static void limit_accepted(struct kunit *test)
{
	const struct limit_case *c = test->param_value;

	KUNIT_ASSERT_EQ(test, vfio_pci_io_set_limits(c->text, NULL), 0);
	limit_check(test, c);
}

/* What is read can be written back. */
static void limit_round_trip(struct kunit *test)
{
	const struct limit_case *c = test->param_value;

	KUNIT_ASSERT_EQ(test, vfio_pci_io_set_limits(c->read_back, NULL), 0);
	limit_check(test, c);
}

/* A new text replaces all of the old one. */
static void limit_replaces(struct kunit *test)
{
	const struct limit_case *c = test->param_value;

	KUNIT_ASSERT_EQ(test, vfio_pci_io_set_limits("2,8086:1572:16,ffff:ffff:16", NULL), 0);
	KUNIT_ASSERT_EQ(test, vfio_pci_io_set_limits(c->text, NULL), 0);
	limit_check(test, c);
}

struct limit_text {
	const char *name;
	const char *text;
};

static const struct limit_text limit_refused_texts[] = {
	{ "nothing", "" },
	{ "a newline", "\n" },
	{ "a word", "all" },
	{ "3", "3" },
	{ "6", "6" },
	{ "4095", "4095" },
	{ "8192", "8192" },
	{ "40960", "40960" },
	{ "65540", "65540" },
	{ "4294967300", "4294967300" },
	{ "negative", "-4" },
	{ "hexadecimal", "0x4" },
	{ "a unit", "4k" },
	{ "a comma", "," },
	{ "a comma first", ",4" },
	{ "a comma last", "4," },
	{ "a comma last, after an ID", "8086:1572:4," },
	{ "a comma last, then a newline", "4,\n" },
	{ "two commas", "4,,8086:1572:4" },
	{ "a newline after the comma", "4,\n8086:1572:4" },
	{ "a newline for the comma", "4\n8086:1572:4" },
	{ "a newline before the comma", "4\n,8086:1572:4" },
	{ "a newline first", "\n4" },
	{ "two newlines", "4\n\n" },
	{ "a blank for the comma", "4 8086:1572:4" },
	{ "a blank after the comma", "4, 8086:1572:4" },
	{ "a blank before the comma", "4 ,8086:1572:4" },
	{ "a blank first", " 4" },
	{ "a blank before an ID", " 8086:1572:4" },
	{ "a tab first", "\t4" },
	{ "a blank last", "4 " },
	{ "a tab, then a newline", "4\t\n" },
	{ "a newline, then a blank", "4\n " },
	{ "a carriage return", "4\r\n" },
	{ "no width", "8086:1572" },
	{ "an empty width", "8086:1572:" },
	{ "an empty vendor", ":1572:4" },
	{ "an empty device", "8086::4" },
	{ "a vendor of 5 digits", "18086:1572:4" },
	{ "a device of 5 digits", "8086:11572:4" },
	{ "no digits", "x086:1572:4" },
	{ "four numbers", "8086:1572:4:4" },
	{ "an ID with width 3", "8086:1572:3" },
	{ "an ID with width 8192", "8086:1572:8192" },
	{ "an ID with width -4", "8086:1572:-4" },
	{ "good, then bad", "8,8086:1572:8,x" },
	{ "good, then a bad width", "8,8086:1572:8,3" },
	{ "good, then an ID with a bad width", "8,8086:1572:8,1106:3483:5" },
	{ "bad, then good", "3,8,8086:1572:8" },
};

static void limit_text_desc(const struct limit_text *text, char *desc)
{
	strscpy(desc, text->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(limit_refused, limit_refused_texts, limit_text_desc);

static void limit_refused(struct kunit *test)
{
	static const struct limit_case before = {
		"2,8086:1572:4", "2,8086:1572:4\n", 2, 4
	};
	const struct limit_text *refused = test->param_value;

	/* First without a limit: one that is set by mistake would show. */
	KUNIT_EXPECT_EQ(test, vfio_pci_io_set_limits(refused->text, NULL), -EINVAL);
	KUNIT_EXPECT_STREQ(test, limit_read_back(test), "0\n");
	KUNIT_EXPECT_EQ(test, limit_of(test, 0x8086, 0x1572), 0);

	KUNIT_ASSERT_EQ(test, vfio_pci_io_set_limits(before.text, NULL), 0);
	KUNIT_EXPECT_EQ(test, vfio_pci_io_set_limits(refused->text, NULL), -EINVAL);
	limit_check(test, &before);
}

/* An entry of 4 bytes for each of the @nr IDs 8086:0000, 8086:0001, ... */
static char *limit_ids(struct kunit *test, u32 nr)
{
	char *text = kunit_kzalloc(test, (LIMIT_IDS + 2) * LIMIT_ID_CHARS, GFP_KERNEL);
	u32 i, len = 0;

	KUNIT_ASSERT_NOT_NULL(test, text);
	for (i = 0; i < nr; i++)
		len += sprintf(text + len, "%s8086:%04x:4", i ? "," : "", i);

	return text;
}

static void limit_check_all_ids(struct kunit *test)
{
	u32 i;

	for (i = 0; i < LIMIT_IDS; i++)
		KUNIT_EXPECT_EQ_MSG(test, limit_of(test, 0x8086, i), 4, "8086:%04x", i);
}

static void limit_ids_fit(struct kunit *test)
{
	char *text = limit_ids(test, LIMIT_IDS), *want = limit_page(test);

	KUNIT_ASSERT_EQ(test, vfio_pci_io_set_limits(text, NULL), 0);
	limit_check_all_ids(test);
	KUNIT_EXPECT_EQ(test, limit_of(test, 0x8086, LIMIT_IDS), 0);
	sprintf(want, "0,%s\n", text);
	KUNIT_EXPECT_STREQ(test, limit_read_back(test), want);

	/* A width for all functions takes no entry. */
	strcat(text, ",8");
	KUNIT_ASSERT_EQ(test, vfio_pci_io_set_limits(text, NULL), 0);
	limit_check_all_ids(test);
	KUNIT_EXPECT_EQ(test, limit_of(test, 0x8086, LIMIT_IDS), 8);
}

static void limit_one_id_too_many(struct kunit *test)
{
	static const struct limit_case before = {
		"2,8086:1572:8", "2,8086:1572:8\n", 2, 8
	};
	char *text = limit_ids(test, LIMIT_IDS);

	KUNIT_ASSERT_EQ(test, vfio_pci_io_set_limits(before.text, NULL), 0);
	KUNIT_EXPECT_EQ(test, vfio_pci_io_set_limits(limit_ids(test, LIMIT_IDS + 1), NULL),
			-EINVAL);
	limit_check(test, &before);

	/* A repeated ID takes an entry like any other. */
	strcat(text, ",8086:0000:4");
	KUNIT_EXPECT_EQ(test, vfio_pci_io_set_limits(text, NULL), -EINVAL);
	limit_check(test, &before);
}

static struct kunit_case limit_kunit_cases[] = {
	KUNIT_CASE_PARAM(limit_accepted, limit_gen_params),
	KUNIT_CASE_PARAM(limit_round_trip, limit_gen_params),
	KUNIT_CASE_PARAM(limit_replaces, limit_gen_params),
	KUNIT_CASE_PARAM(limit_refused, limit_refused_gen_params),
	KUNIT_CASE(limit_ids_fit),
	KUNIT_CASE(limit_one_id_too_many),
	{}
};

static struct kunit_suite limit_suite = {
	.name = "vfio_pci_io_limit",
	.init = limit_init,
	.exit = limit_exit,
	.test_cases = limit_kunit_cases,
};

kunit_test_suite(limit_suite);
