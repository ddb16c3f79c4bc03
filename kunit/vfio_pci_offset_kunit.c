// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite for the windows of a device's file: which region a position names.
 */

#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/mm_types.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/vfio_pci_offset.h>

/* As many regions as a device could have and more. */
#define OFFSET_REGIONS	512

#define OFFSET_BARS	(VFIO_PCI_BAR5_REGION_INDEX + 1)

static const u64 offset_legacy_end = SZ_1T - 1;
static const u64 offset_large_end = (1ULL << 56) - 1;

static void offset_expect(struct kunit *test, u64 pos, u32 index, u64 off)
{
	KUNIT_EXPECT_EQ_MSG(test, vfio_pci_offset_index(pos), index, "position %#llx", pos);
	KUNIT_EXPECT_EQ_MSG(test, vfio_pci_offset_in_region(pos), off, "position %#llx", pos);
}

static void offset_needs_64bit(struct kunit *test)
{
	if (!IS_ENABLED(CONFIG_64BIT))
		kunit_skip(test, "a 32-bit kernel has no large window");
}

/* Users know these by heart. */
static void legacy_is_what_users_hard_code(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, vfio_pci_offset_legacy(0), 0);
	KUNIT_EXPECT_EQ(test, vfio_pci_offset_legacy(1), 0x10000000000);
	KUNIT_EXPECT_EQ(test, vfio_pci_offset_legacy(VFIO_PCI_CONFIG_REGION_INDEX),
			0x70000000000);
}

static void legacy_round_trip(struct kunit *test)
{
	static const u64 offs[] = { 0, 1, 0xfff, 0x1000, SZ_4G - 1, SZ_4G, SZ_1T - 1 };
	u32 index;
	int i;

	for (index = 0; index < OFFSET_REGIONS; index++)
		for (i = 0; i < ARRAY_SIZE(offs); i++)
			offset_expect(test, vfio_pci_offset_legacy(index) + offs[i], index,
				      offs[i]);
}

static void legacy_boundaries(struct kunit *test)
{
	offset_expect(test, vfio_pci_offset_legacy(3) - 1, 2, offset_legacy_end);
	offset_expect(test, vfio_pci_offset_legacy(3), 3, 0);
	offset_expect(test, vfio_pci_offset_legacy(3) + offset_legacy_end, 3,
		      offset_legacy_end);
	offset_expect(test, vfio_pci_offset_legacy(3) + offset_legacy_end + 1, 4, 0);
}

static void large_round_trip(struct kunit *test)
{
	static const u64 offs[] = {
		0, 1, 0xfff, 0x1000, SZ_1T - 1, SZ_1T, SZ_1T + 1, 1ULL << 48,
		(1ULL << 56) - 1
	};
	u32 bar;
	int i;

	offset_needs_64bit(test);

	for (bar = 0; bar < OFFSET_BARS; bar++)
		for (i = 0; i < ARRAY_SIZE(offs); i++)
			offset_expect(test, vfio_pci_offset_large(bar) + offs[i], bar, offs[i]);
}

static void large_boundaries(struct kunit *test)
{
	offset_needs_64bit(test);

	offset_expect(test, vfio_pci_offset_large(1) - 1, 0, offset_large_end);
	offset_expect(test, vfio_pci_offset_large(1), 1, 0);
	offset_expect(test, vfio_pci_offset_large(1) + offset_large_end, 1, offset_large_end);
	offset_expect(test, vfio_pci_offset_large(1) + offset_large_end + 1, 2, 0);
}

/* A file position is signed, and so is what pread() and mmap() take. */
static void large_is_a_valid_position(struct kunit *test)
{
	offset_needs_64bit(test);

	KUNIT_EXPECT_EQ(test, vfio_pci_offset_large(0), 1ULL << 62);
	KUNIT_EXPECT_GT(test, (loff_t)vfio_pci_offset_large(0), 0);
	KUNIT_EXPECT_GT(test, (loff_t)(vfio_pci_offset_large(OFFSET_BARS) - 1), 0);
}

/* The windows do not meet: the last legacy region there could be is far below. */
static void windows_are_apart(struct kunit *test)
{
	KUNIT_EXPECT_LT(test, vfio_pci_offset_legacy(OFFSET_REGIONS), BIT_ULL(62));
	KUNIT_EXPECT_FALSE(test, vfio_pci_offset_is_large(0));
	KUNIT_EXPECT_FALSE(test, vfio_pci_offset_is_large(BIT_ULL(62) - 1));
	KUNIT_EXPECT_EQ(test, vfio_pci_offset_is_large(BIT_ULL(62)),
			IS_ENABLED(CONFIG_64BIT));
	KUNIT_EXPECT_EQ(test, vfio_pci_offset_is_large(BIT_ULL(63) - 1),
			IS_ENABLED(CONFIG_64BIT));
	KUNIT_EXPECT_FALSE(test, vfio_pci_offset_is_large(BIT_ULL(63)));
	KUNIT_EXPECT_FALSE(test, vfio_pci_offset_is_large(U64_MAX));
}

static void nothing_but_bars_is_in_the_large_window(struct kunit *test)
{
	u32 index;

	for (index = OFFSET_BARS; index < 64; index++)
		KUNIT_EXPECT_GE_MSG(test, vfio_pci_offset_index(vfio_pci_offset_large(index)),
				    OFFSET_REGIONS, "index %u", index);
}

/* Whatever a user may put there: negative, wrapped, the gap between the windows. */
static void no_region_elsewhere(struct kunit *test)
{
	static const u64 positions[] = {
		BIT_ULL(61), BIT_ULL(62) - 1, BIT_ULL(63) - 1, BIT_ULL(63),
		BIT_ULL(63) | BIT_ULL(62), U64_MAX - 1, U64_MAX,
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(positions); i++)
		KUNIT_EXPECT_GE_MSG(test, vfio_pci_offset_index(positions[i]), OFFSET_REGIONS,
				    "position %#llx", positions[i]);
}

/* There the large window's positions are just legacy ones with no region. */
static void large_is_no_region_on_32bit(struct kunit *test)
{
	u32 bar;

	if (IS_ENABLED(CONFIG_64BIT))
		kunit_skip(test, "for 32-bit kernels");

	for (bar = 0; bar < OFFSET_BARS; bar++)
		KUNIT_EXPECT_GE(test, vfio_pci_offset_index(vfio_pci_offset_large(bar)),
				OFFSET_REGIONS);
}

static bool offset_vma_in_region(u64 pos, u64 len)
{
	struct vm_area_struct vma = {
		.vm_start = PAGE_SIZE,
		.vm_end = PAGE_SIZE + len,
		.vm_pgoff = pos >> PAGE_SHIFT,
	};

	return vfio_pci_offset_vma_in_region(&vma);
}

/* The zap of a BAR's mappings looks for them where the BAR is. */
static void mapping_is_of_one_region(struct kunit *test)
{
	u64 legacy = vfio_pci_offset_legacy(4), large = vfio_pci_offset_large(4);

	KUNIT_EXPECT_TRUE(test, offset_vma_in_region(legacy, PAGE_SIZE));
	KUNIT_EXPECT_TRUE(test, offset_vma_in_region(legacy + SZ_1T - PAGE_SIZE, PAGE_SIZE));
	KUNIT_EXPECT_FALSE(test, offset_vma_in_region(legacy + SZ_1T - PAGE_SIZE, 2 * PAGE_SIZE));

	offset_needs_64bit(test);
	KUNIT_EXPECT_TRUE(test, offset_vma_in_region(legacy, SZ_1T));
	KUNIT_EXPECT_FALSE(test, offset_vma_in_region(legacy, 4 * SZ_1T));
	KUNIT_EXPECT_TRUE(test, offset_vma_in_region(large, 4 * SZ_1T));
	KUNIT_EXPECT_TRUE(test, offset_vma_in_region(large + SZ_1T - PAGE_SIZE, 2 * PAGE_SIZE));
}

static struct kunit_case offset_cases[] = {
	KUNIT_CASE(legacy_is_what_users_hard_code),
	KUNIT_CASE(legacy_round_trip),
	KUNIT_CASE(legacy_boundaries),
	KUNIT_CASE(large_round_trip),
	KUNIT_CASE(large_boundaries),
	KUNIT_CASE(large_is_a_valid_position),
	KUNIT_CASE(windows_are_apart),
	KUNIT_CASE(nothing_but_bars_is_in_the_large_window),
	KUNIT_CASE(no_region_elsewhere),
	KUNIT_CASE(large_is_no_region_on_32bit),
	KUNIT_CASE(mapping_is_of_one_region),
	{}
};

static struct kunit_suite offset_suite = {
	.name = "vfio_pci_offset",
	.test_cases = offset_cases,
};

kunit_test_suite(offset_suite);

MODULE_DESCRIPTION("KUnit tests of the file windows of VFIO PCI devices");
MODULE_LICENSE("GPL");
