// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite for a request on a fake BAR: which accesses happen, what every byte of the
 * buffer and of the BAR holds afterwards, and what is returned.
 */

#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/printk.h>
#include <linux/stdarg.h>
#include <linux/string.h>

#include "vfio_pci_io_fake.h"
#include "vfio_pci_io_ref.h"

/* Bytes on each side of the buffer that a request must not change. */
#define RW_GUARD	16
#define RW_AREA		(RW_GUARD + FAKE_BAR_SIZE + RW_GUARD)

/**
 * struct rw_request - a request and its reference
 * @off: offset inside the BAR
 * @count: bytes
 * @write: direction
 * @ref: all accesses that it needs
 */
struct rw_request {
	u32 off;
	u32 count;
	bool write;
	struct ref_plan ref;
};

/**
 * struct rw_test - what one test case works on
 * @test: the test case
 * @fake: the BAR
 * @bar: its rules
 * @req: the request
 * @area: area[RW_GUARD + i] is the buffer's byte for offset i, so that the buffer has
 *	guards and the alignment of the offset
 * @want_area: what @area must hold after the request
 * @want_bar: what the BAR must hold after the request
 */
struct rw_test {
	struct kunit *test;
	struct vfio_pci_io_fake *fake;
	struct ref_bar bar;
	struct rw_request req;
	u8 area[RW_AREA] __aligned(16);
	u8 want_area[RW_AREA];
	u8 want_bar[FAKE_BAR_SIZE];
};

/* The area before a request: 0x81 to 0xe0, which the BAR never holds. */
static u8 rw_area_byte(u32 i)
{
	return 0x81 + i % 0x60;
}

static int rw_init(struct kunit *test)
{
	struct rw_test *rw = kunit_kzalloc(test, sizeof(*rw), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, rw);
	rw->test = test;
	rw->fake = vfio_pci_io_fake_create(test);
	test->priv = rw;

	return 0;
}

static void rw_set_bar(struct rw_test *rw, u32 max, u32 hole_start, u32 hole_size)
{
	rw->bar.max = max;
	rw->bar.hole_start = hole_start;
	rw->bar.hole_size = hole_size;

	rw->fake->ops.max_read = max;
	rw->fake->ops.max_write = max;
	rw->fake->io.hole_start = hole_start;
	rw->fake->io.hole_size = hole_size;
}

/* Set the request and its reference. */
static void rw_set_request(struct rw_test *rw, u32 off, u32 count, bool write)
{
	rw->req.off = off;
	rw->req.count = count;
	rw->req.write = write;
	ref_plan(&rw->req.ref, &rw->bar, off, count);
}

/* Let access number @fail_at fail; 0 for none. */
static void rw_set_failure(struct rw_test *rw, u32 fail_at, int fail_errno)
{
	rw->fake->fail_at = fail_at;
	rw->fake->fail_errno = fail_errno;
}

static __printf(4, 5)
void rw_report(struct rw_test *rw, s64 got, s64 want, const char *fmt, ...)
{
	struct va_format what = { .fmt = fmt };
	va_list args;

	va_start(args, fmt);
	what.va = &args;
	KUNIT_FAIL(rw->test,
		   "%s of %u bytes at %u, max %u, hole %u+%u, fail_at %u: %pV is %lld, not %lld",
		   rw->req.write ? "write" : "read", rw->req.count, rw->req.off, rw->bar.max,
		   rw->bar.hole_start, rw->bar.hole_size, rw->fake->fail_at, &what, got, want);
	va_end(args);
}

/* The bytes that the request must do. */
static u32 rw_want_done(struct rw_test *rw)
{
	u32 fail_at = rw->fake->fail_at;

	if (fail_at == 0)
		return rw->req.count;

	return rw->req.ref.access[fail_at - 1].off - rw->req.off;
}

static ssize_t rw_want_return(struct rw_test *rw)
{
	u32 done = rw_want_done(rw);

	if (rw->fake->fail_at && done == 0)
		return rw->fake->fail_errno;

	return done;
}

static void rw_fill(struct rw_test *rw)
{
	u32 done = rw_want_done(rw);
	u32 i;

	vfio_pci_io_fake_reset(rw->fake);

	for (i = 0; i < RW_AREA; i++)
		rw->area[i] = rw_area_byte(i);
	memcpy(rw->want_area, rw->area, RW_AREA);
	memcpy(rw->want_bar, rw->fake->bar, FAKE_BAR_SIZE);

	for (i = rw->req.off; i < rw->req.off + done; i++) {
		if (!rw->req.write)
			rw->want_area[RW_GUARD + i] = ref_in_hole(&rw->bar, i) ?
						      0xff : vfio_pci_io_fake_byte(i);
		else if (!ref_in_hole(&rw->bar, i))
			rw->want_bar[i] = rw_area_byte(RW_GUARD + i);
	}
}

/* A read leaves the rest of the buffer undefined. */
static void rw_forgive_rest(struct rw_test *rw)
{
	u32 done = rw_want_done(rw);
	u32 rest = RW_GUARD + rw->req.off + done;

	if (!rw->req.write)
		memcpy(&rw->want_area[rest], &rw->area[rest], rw->req.count - done);
}

static bool rw_check_access(struct rw_test *rw, u32 i)
{
	const struct vfio_pci_io_fake_access *access = &rw->fake->log[i];
	u32 want_off = rw->req.ref.access[i].off;
	u32 want_width = rw->req.ref.access[i].width;
	bool failed = i + 1 == rw->fake->fail_at;
	u32 byte, want;

	if (access->off != want_off) {
		rw_report(rw, access->off, want_off, "offset of access %u", i);
		return false;
	}
	if (access->width != want_width) {
		rw_report(rw, access->width, want_width, "width of access %u", i);
		return false;
	}
	if (access->write != rw->req.write) {
		rw_report(rw, access->write, rw->req.write, "direction of access %u", i);
		return false;
	}

	for (byte = 0; byte < want_width && !failed; byte++) {
		want = rw->req.write ? rw_area_byte(RW_GUARD + want_off + byte) :
				       vfio_pci_io_fake_byte(want_off + byte);
		if (access->bytes[byte] != want) {
			rw_report(rw, access->bytes[byte], want, "byte carried at %u",
				  want_off + byte);
			return false;
		}
	}

	return true;
}

static bool rw_check_log(struct rw_test *rw)
{
	u32 want = rw->fake->fail_at ?: rw->req.ref.nr;
	u32 i;

	for (i = 0; i < rw->fake->nr && i < want; i++) {
		if (!rw_check_access(rw, i))
			return false;
	}

	if (rw->fake->nr != want) {
		rw_report(rw, rw->fake->nr, want, "number of accesses");
		return false;
	}

	return true;
}

/* @got and @want begin at offset @first of the BAR. */
static bool rw_check_bytes(struct rw_test *rw, const char *what, const u8 *got,
			   const u8 *want, u32 size, int first)
{
	u32 i;

	if (!memcmp(got, want, size))
		return true;

	for (i = 0; got[i] == want[i]; i++)
		;
	rw_report(rw, got[i], want[i], "%s byte %d", what, first + (int)i);

	return false;
}

/* Run the request and compare everything. False if the test has failed. */
static bool rw_check(struct rw_test *rw)
{
	struct rw_request *req = &rw->req;
	ssize_t ret;

	rw_fill(rw);
	ret = vfio_pci_io_rw(&rw->fake->io, req->off, &rw->area[RW_GUARD + req->off],
			     req->count, req->write);
	if (rw->fake->broken)
		return false;

	if (!rw_check_log(rw))
		return false;
	if (ret != rw_want_return(rw)) {
		rw_report(rw, ret, rw_want_return(rw), "return value");
		return false;
	}
	rw_forgive_rest(rw);

	return rw_check_bytes(rw, "the buffer's", rw->area, rw->want_area, RW_AREA,
			      -RW_GUARD) &&
	       rw_check_bytes(rw, "the BAR's", rw->fake->bar, rw->want_bar, FAKE_BAR_SIZE, 0);
}

static bool rw_check_both(struct rw_test *rw, u32 off, u32 count)
{
	rw_set_request(rw, off, count, false);
	if (!rw_check(rw))
		return false;

	rw->req.write = true;
	return rw_check(rw);
}

static bool rw_check_range(struct rw_test *rw, u32 max_off, u32 max_count)
{
	u32 off, count;

	for (off = 0; off <= max_off; off++) {
		for (count = 1; count <= max_count; count++) {
			if (!rw_check_both(rw, off, count))
				return false;
		}
	}

	return true;
}

/* A request that the platform can carry as one access is one. */

static void rw_one_access(struct kunit *test)
{
	struct rw_test *rw = test->priv;
	struct vfio_pci_io_fake *fake = rw->fake;
	u8 buf[8] __aligned(8) = { 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7 };

	KUNIT_EXPECT_EQ(test, vfio_pci_io_rw(&fake->io, 16, buf, 8, true), 8);
	KUNIT_ASSERT_EQ(test, fake->nr, 1);
	KUNIT_EXPECT_EQ(test, fake->log[0].off, 16);
	KUNIT_EXPECT_EQ(test, fake->log[0].width, 8);
	KUNIT_EXPECT_TRUE(test, fake->log[0].write);
	KUNIT_EXPECT_MEMEQ(test, fake->log[0].bytes, buf, 8);

	memset(buf, 0, 8);
	KUNIT_EXPECT_EQ(test, vfio_pci_io_rw(&fake->io, 16, buf, 8, false), 8);
	KUNIT_ASSERT_EQ(test, fake->nr, 2);
	KUNIT_EXPECT_EQ(test, fake->log[1].off, 16);
	KUNIT_EXPECT_EQ(test, fake->log[1].width, 8);
	KUNIT_EXPECT_FALSE(test, fake->log[1].write);
	KUNIT_EXPECT_EQ(test, buf[0], 0xa0);
	KUNIT_EXPECT_EQ(test, buf[7], 0xa7);
}

/* A MAC address in one pread(): split, as it cannot be one access. */
static void rw_six_bytes(struct kunit *test)
{
	struct rw_test *rw = test->priv;
	struct vfio_pci_io_fake *fake = rw->fake;
	u8 buf[8] __aligned(8);

	KUNIT_EXPECT_EQ(test, vfio_pci_io_rw(&fake->io, 8, buf, 6, false), 6);
	KUNIT_ASSERT_EQ(test, fake->nr, 2);
	KUNIT_EXPECT_EQ(test, fake->log[0].off, 8);
	KUNIT_EXPECT_EQ(test, fake->log[0].width, 4);
	KUNIT_EXPECT_EQ(test, fake->log[1].off, 12);
	KUNIT_EXPECT_EQ(test, fake->log[1].width, 2);
}

static void rw_hole_in_the_middle(struct kunit *test)
{
	static const u8 want[] = { 1, 2, 3, 4, 0xff, 0xff, 0xff, 0xff, 9, 10, 11, 12 };
	struct rw_test *rw = test->priv;
	struct vfio_pci_io_fake *fake = rw->fake;
	u8 buf[16] __aligned(8) = {};

	rw_set_bar(rw, 8, 4, 4);
	KUNIT_EXPECT_EQ(test, vfio_pci_io_rw(&fake->io, 0, buf, 12, false), 12);
	KUNIT_EXPECT_MEMEQ(test, buf, want, sizeof(want));
	KUNIT_ASSERT_EQ(test, fake->nr, 2);
	KUNIT_EXPECT_EQ(test, fake->log[0].off, 0);
	KUNIT_EXPECT_EQ(test, fake->log[0].width, 4);
	KUNIT_EXPECT_EQ(test, fake->log[1].off, 8);
	KUNIT_EXPECT_EQ(test, fake->log[1].width, 4);
}

static void rw_no_bytes(struct kunit *test)
{
	struct rw_test *rw = test->priv;
	u32 off;
	int write;

	rw_set_bar(rw, 8, 16, 16);
	for (off = 0; off <= FAKE_BAR_SIZE; off++) {
		for (write = 0; write <= 1; write++) {
			rw_set_request(rw, off, 0, write);
			if (!rw_check(rw))
				return;
		}
	}
}

/* Every table limit and every kind of hole against the reference. */

struct rw_hole {
	const char *name;
	u32 start;
	u32 size;
};

static const struct rw_hole rw_holes[] = {
	{ "no hole", 0, 0 },
	{ "no hole, start inside", 20, 0 },
	{ "hole at 0", 0, 16 },
	{ "hole of 1 byte at 0", 0, 1 },
	{ "unaligned hole at 0", 0, 7 },
	{ "aligned hole", 16, 16 },
	{ "small aligned hole", 40, 8 },
	{ "hole of 1 byte", 31, 1 },
	{ "unaligned hole", 13, 6 },
	{ "unaligned hole, unaligned end", 33, 10 },
	{ "unaligned hole, aligned end", 21, 11 },
	{ "aligned hole, unaligned end", 24, 5 },
	{ "large hole", 9, 61 },
	{ "hole at the end", FAKE_BAR_SIZE - 32, 32 },
	{ "unaligned hole at the end", FAKE_BAR_SIZE - 27, 27 },
	{ "hole after every request", FAKE_BAR_SIZE - 1, 1 },
	{ "hole everywhere", 0, FAKE_BAR_SIZE },
};

static void rw_hole_desc(const struct rw_hole *hole, char *desc)
{
	strscpy(desc, hole->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(rw_hole, rw_holes, rw_hole_desc);

static void rw_all(struct kunit *test)
{
	const struct rw_hole *hole = test->param_value;
	struct rw_test *rw = test->priv;
	u32 max;

	for (max = 1; max <= 16; max *= 2) {
		rw_set_bar(rw, max, hole->start, hole->size);
		if (!rw_check_range(rw, 31, 80))
			return;
	}
}

static void rw_set_rule(struct rw_test *rw, enum ref_rule rule, u32 max, u32 boundary)
{
	vfio_pci_io_fake_set_rule(rw->fake, (enum vfio_pci_io_align)rule, max, boundary);
	rw->bar.rule = rule;
	rw->bar.boundary = boundary;
}

/* The same for accesses of any bytes inside one doubleword. */
static void rw_all_any(struct kunit *test)
{
	const struct rw_hole *hole = test->param_value;
	struct rw_test *rw = test->priv;

	rw_set_rule(rw, REF_ANY, 8, 8);
	rw_set_bar(rw, 8, hole->start, hole->size);
	rw_check_range(rw, 31, 80);
}

/* The same for blocks of doublewords. */
static void rw_all_block(struct kunit *test)
{
	const struct rw_hole *hole = test->param_value;
	struct rw_test *rw = test->priv;

	rw_set_rule(rw, REF_BLOCK, 24, 64);
	rw_set_bar(rw, 24, hole->start, hole->size);
	rw_check_range(rw, 31, 80);
}

/* Requests up to the BAR's last byte. */
static void rw_to_the_end(struct kunit *test)
{
	const struct rw_hole *hole = test->param_value;
	struct rw_test *rw = test->priv;
	u32 off;

	rw_set_bar(rw, 8, hole->start, hole->size);
	for (off = 0; off < FAKE_BAR_SIZE; off++) {
		if (!rw_check_both(rw, off, FAKE_BAR_SIZE - off))
			return;
	}
}

/* Small requests around every small hole. */
static void rw_every_hole(struct kunit *test)
{
	struct rw_test *rw = test->priv;
	u32 start, size;

	for (start = 0; start < 20; start++) {
		for (size = 0; size <= 12; size++) {
			rw_set_bar(rw, 8, start, size);
			if (!rw_check_range(rw, 15, 24))
				return;
		}
	}
}

/* No other choice of widths needs fewer accesses. */
static void rw_fewest(struct kunit *test)
{
	const struct rw_hole *hole = test->param_value;
	struct rw_test *rw = test->priv;
	u32 off, count, want;

	rw_set_bar(rw, 8, hole->start, hole->size);
	for (off = 0; off < 32; off++) {
		for (count = 1; count <= 40; count++) {
			rw_set_request(rw, off, count, false);
			if (!rw_check(rw))
				return;

			want = ref_fewest(&rw->bar, off, count);
			if (rw->fake->nr != want) {
				rw_report(rw, rw->fake->nr, want, "number of accesses");
				return;
			}
		}
	}
}

/* An access fails: the bytes done, or the error if there are none. */

static void rw_first_access_fails(struct kunit *test)
{
	struct rw_test *rw = test->priv;
	u8 buf[16] __aligned(8) = {};

	rw_set_failure(rw, 1, -ENXIO);
	KUNIT_EXPECT_EQ(test, vfio_pci_io_rw(&rw->fake->io, 0, buf, 16, false), -ENXIO);
	KUNIT_EXPECT_EQ(test, rw->fake->nr, 1);
}

static void rw_second_access_fails(struct kunit *test)
{
	struct rw_test *rw = test->priv;
	u8 buf[16] __aligned(8) = {};

	rw_set_failure(rw, 2, -ENXIO);
	KUNIT_EXPECT_EQ(test, vfio_pci_io_rw(&rw->fake->io, 0, buf, 16, true), 8);
	KUNIT_EXPECT_EQ(test, rw->fake->nr, 2);
}

/* Bytes in the hole count as done. */
static void rw_access_after_the_hole_fails(struct kunit *test)
{
	struct rw_test *rw = test->priv;
	u8 buf[16] __aligned(8) = {};

	rw_set_bar(rw, 8, 0, 8);
	rw_set_failure(rw, 1, -ENXIO);
	KUNIT_EXPECT_EQ(test, vfio_pci_io_rw(&rw->fake->io, 0, buf, 16, false), 8);
	KUNIT_EXPECT_EQ(test, rw->fake->nr, 1);
	KUNIT_EXPECT_EQ(test, buf[7], 0xff);
}

static bool rw_check_failures(struct rw_test *rw, u32 off, u32 count, bool write)
{
	u32 fail_at;

	rw_set_request(rw, off, count, write);
	for (fail_at = 1; fail_at <= rw->req.ref.nr; fail_at++) {
		rw_set_failure(rw, fail_at, fail_at % 2 ? -EIO : -ENXIO);
		if (!rw_check(rw))
			return false;
	}

	return true;
}

static void rw_every_access_fails(struct kunit *test)
{
	const struct rw_hole *hole = test->param_value;
	struct rw_test *rw = test->priv;
	u32 max, off, count;

	for (max = 2; max <= 8; max *= 4) {
		rw_set_bar(rw, max, hole->start, hole->size);
		for (off = 0; off < 20; off++) {
			for (count = 1; count <= 48; count++) {
				if (!rw_check_failures(rw, off, count, false) ||
				    !rw_check_failures(rw, off, count, true))
					return;
			}
		}
	}
}

static struct kunit_case rw_cases[] = {
	KUNIT_CASE(rw_one_access),
	KUNIT_CASE(rw_six_bytes),
	KUNIT_CASE(rw_hole_in_the_middle),
	KUNIT_CASE(rw_no_bytes),
	KUNIT_CASE_PARAM(rw_all, rw_hole_gen_params),
	KUNIT_CASE_PARAM(rw_all_any, rw_hole_gen_params),
	KUNIT_CASE_PARAM(rw_all_block, rw_hole_gen_params),
	KUNIT_CASE_PARAM(rw_to_the_end, rw_hole_gen_params),
	KUNIT_CASE(rw_every_hole),
	KUNIT_CASE_PARAM(rw_fewest, rw_hole_gen_params),
	KUNIT_CASE(rw_first_access_fails),
	KUNIT_CASE(rw_second_access_fails),
	KUNIT_CASE(rw_access_after_the_hole_fails),
	KUNIT_CASE_PARAM(rw_every_access_fails, rw_hole_gen_params),
	{}
};

static struct kunit_suite rw_suite = {
	.name = "vfio_pci_io_rw",
	.init = rw_init,
	.test_cases = rw_cases,
};

kunit_test_suite(rw_suite);
