// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite for the hole: which ranges overlap it, and which lie in it.
 */

#include <kunit/test.h>
#include <linux/bits.h>

#include "vfio_pci_io.h"
#include "vfio_pci_io_ref.h"

#define HOLE_FAR	BIT_ULL(40)

/**
 * struct hole_case - a range and a hole of 0x40 bytes at 0x1000
 * @off: first byte of the range
 * @count: bytes of the range
 * @meets: at least one of them lies in the hole
 * @in: all of them lie in the hole
 */
struct hole_case {
	u64 off;
	size_t count;
	bool meets;
	bool in;
};

static const struct hole_case hole_cases[] = {
	{ 0, 1, false, false },
	{ 0xfff, 1, false, false },
	{ 0xff8, 8, false, false },
	{ 0xff8, 9, true, false },
	{ 0xfff, 0x42, true, false },
	{ 0x1000, 1, true, true },
	{ 0x1000, 0x40, true, true },
	{ 0x1000, 0x41, true, false },
	{ 0x101f, 2, true, true },
	{ 0x103f, 1, true, true },
	{ 0x103f, 2, true, false },
	{ 0x1040, 1, false, false },
	{ HOLE_FAR + 0x1000, 8, false, false },
};

static void hole_case_desc(const struct hole_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%zu bytes at 0x%llx", c->count, c->off);
}

KUNIT_ARRAY_PARAM(hole, hole_cases, hole_case_desc);

static void hole_by_example(struct kunit *test)
{
	struct vfio_pci_io io = { .hole_start = 0x1000, .hole_size = 0x40 };
	const struct hole_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, vfio_pci_io_meets_hole(&io, c->off, c->count), c->meets);
	KUNIT_EXPECT_EQ(test, vfio_pci_io_in_hole(&io, c->off, c->count), c->in);
}

/* The same with offsets and a hole that need more than 32 bits. */
static void hole_far(struct kunit *test)
{
	struct vfio_pci_io io = { .hole_start = 3 * HOLE_FAR, .hole_size = HOLE_FAR };

	KUNIT_EXPECT_FALSE(test, vfio_pci_io_meets_hole(&io, 0, 8));
	KUNIT_EXPECT_FALSE(test, vfio_pci_io_meets_hole(&io, 3 * HOLE_FAR - 8, 8));
	KUNIT_EXPECT_TRUE(test, vfio_pci_io_meets_hole(&io, 3 * HOLE_FAR - 8, 9));
	KUNIT_EXPECT_TRUE(test, vfio_pci_io_meets_hole(&io, 4 * HOLE_FAR - 1, 8));
	KUNIT_EXPECT_FALSE(test, vfio_pci_io_meets_hole(&io, 4 * HOLE_FAR, 8));

	KUNIT_EXPECT_FALSE(test, vfio_pci_io_in_hole(&io, 0, 8));
	KUNIT_EXPECT_FALSE(test, vfio_pci_io_in_hole(&io, 3 * HOLE_FAR - 8, 9));
	KUNIT_EXPECT_TRUE(test, vfio_pci_io_in_hole(&io, 3 * HOLE_FAR, 8));
	KUNIT_EXPECT_TRUE(test, vfio_pci_io_in_hole(&io, 4 * HOLE_FAR - 8, 8));
	KUNIT_EXPECT_FALSE(test, vfio_pci_io_in_hole(&io, 4 * HOLE_FAR, 8));
}

/* Bytes of a range that lie in the hole, counted one by one. */
static u32 hole_count(const struct ref_bar *bar, u32 off, u32 count)
{
	u32 byte, nr = 0;

	for (byte = off; byte < off + count; byte++) {
		if (ref_in_hole(bar, byte))
			nr++;
	}

	return nr;
}

static bool hole_check(struct kunit *test, const struct ref_bar *bar, u32 off, u32 count)
{
	struct vfio_pci_io io = {
		.hole_start = bar->hole_start,
		.hole_size = bar->hole_size,
	};
	u32 nr = hole_count(bar, off, count);
	bool meets = nr > 0, in = nr == count;

	if (vfio_pci_io_meets_hole(&io, off, count) == meets &&
	    vfio_pci_io_in_hole(&io, off, count) == in)
		return true;

	KUNIT_FAIL(test, "hole %u+%u: %u of the bytes %u+%u are in it", bar->hole_start,
		   bar->hole_size, nr, off, count);
	return false;
}

static void hole_all(struct kunit *test)
{
	struct ref_bar bar = {};
	u32 off, count;

	for (bar.hole_start = 0; bar.hole_start < 16; bar.hole_start++) {
		for (bar.hole_size = 0; bar.hole_size <= 16; bar.hole_size++) {
			for (off = 0; off < 36; off++) {
				for (count = 1; count <= 36; count++) {
					if (!hole_check(test, &bar, off, count))
						return;
				}
			}
		}
	}
}

static struct kunit_case hole_kunit_cases[] = {
	KUNIT_CASE_PARAM(hole_by_example, hole_gen_params),
	KUNIT_CASE(hole_far),
	KUNIT_CASE(hole_all),
	{}
};

static struct kunit_suite hole_suite = {
	.name = "vfio_pci_io_hole",
	.test_cases = hole_kunit_cases,
};

kunit_test_suite(hole_suite);
