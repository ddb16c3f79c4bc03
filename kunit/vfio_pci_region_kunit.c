// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite for region offsets: which region a position in the device file belongs to.
 */

#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/sizes.h>
#include <linux/vfio_pci_core.h>

/* The most regions that fit with the large shift and positive positions. */
#define REGION_INDEXES	128

static const u8 region_shifts[] = { VFIO_PCI_REGION_SHIFT, VFIO_PCI_REGION_SHIFT_LARGE };

static void region_shift_desc(const u8 *shift, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u", *shift);
}

KUNIT_ARRAY_PARAM(region, region_shifts, region_shift_desc);

static int region_init(struct kunit *test)
{
	struct vfio_pci_core_device *vdev = kunit_kzalloc(test, sizeof(*vdev), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, vdev);
	if (test->param_value)
		vdev->region_shift = *(const u8 *)test->param_value;
	test->priv = vdev;

	return 0;
}

static void region_expect(struct kunit *test, u64 pos, u32 index, u64 off)
{
	struct vfio_pci_core_device *vdev = test->priv;

	KUNIT_EXPECT_EQ_MSG(test, vfio_pci_region_index(vdev, pos), index, "position %#llx", pos);
	KUNIT_EXPECT_EQ_MSG(test, vfio_pci_region_offset(vdev, pos), off, "position %#llx", pos);
}

/* User space may hard-code these. */
static void region_positions_of_most_devices(struct kunit *test)
{
	struct vfio_pci_core_device *vdev = test->priv;

	vdev->region_shift = VFIO_PCI_REGION_SHIFT;
	KUNIT_EXPECT_EQ(test, vfio_pci_region_pos(vdev, 0), 0);
	KUNIT_EXPECT_EQ(test, vfio_pci_region_pos(vdev, 1), 0x10000000000);
	KUNIT_EXPECT_EQ(test, vfio_pci_region_pos(vdev, VFIO_PCI_CONFIG_REGION_INDEX),
			0x70000000000);
}

static void region_positions_for_256_tib(struct kunit *test)
{
	struct vfio_pci_core_device *vdev = test->priv;

	vdev->region_shift = VFIO_PCI_REGION_SHIFT_LARGE;
	region_expect(test, 256 * SZ_1T - 1, 0, 256 * SZ_1T - 1);
	region_expect(test, 0x0700000000000004, VFIO_PCI_CONFIG_REGION_INDEX, 4);
}

/* From region to position and back, up to the last byte of each. */
static void region_round_trip(struct kunit *test)
{
	struct vfio_pci_core_device *vdev = test->priv;
	u64 end = BIT_ULL(vdev->region_shift);
	const u64 offs[] = { 0, 1, 0xfff, 0x1000, SZ_4G - 1, SZ_4G, SZ_1T - 1, end - 1 };
	u32 index, i;

	for (index = 0; index < REGION_INDEXES; index++)
		for (i = 0; i < ARRAY_SIZE(offs); i++)
			region_expect(test, vfio_pci_region_pos(vdev, index) + offs[i], index,
				      offs[i]);
}

static void region_ends_where_the_next_begins(struct kunit *test)
{
	struct vfio_pci_core_device *vdev = test->priv;
	u32 index;

	for (index = 0; index < REGION_INDEXES - 1; index++) {
		u64 end = vfio_pci_region_pos(vdev, index) + BIT_ULL(vdev->region_shift);

		KUNIT_EXPECT_EQ(test, vfio_pci_region_pos(vdev, index + 1), end);
		region_expect(test, end, index + 1, 0);
	}
}

/* A position is an loff_t. */
static void region_positions_are_positive(struct kunit *test)
{
	struct vfio_pci_core_device *vdev = test->priv;

	KUNIT_EXPECT_GE(test, (s64)(vfio_pci_region_pos(vdev, REGION_INDEXES) - 1), 0);
}

/* A mapping is decoded like a read of its first byte. */
static void region_of_a_mapping(struct kunit *test)
{
	struct vm_area_struct *vma = kunit_kzalloc(test, sizeof(*vma), GFP_KERNEL);
	struct vfio_pci_core_device *vdev = test->priv;
	u64 pos = vfio_pci_region_pos(vdev, 5) + 3 * PAGE_SIZE;

	KUNIT_ASSERT_NOT_NULL(test, vma);
	if (pos >> PAGE_SHIFT > ULONG_MAX)
		kunit_skip(test, "a 32-bit kernel has no such mapping");

	vma->vm_pgoff = pos >> PAGE_SHIFT;
	KUNIT_EXPECT_EQ(test, vfio_pci_vma_pos(vma), pos);
	region_expect(test, vfio_pci_vma_pos(vma), 5, 3 * PAGE_SIZE);
}

static struct kunit_case region_cases[] = {
	KUNIT_CASE(region_positions_of_most_devices),
	KUNIT_CASE(region_positions_for_256_tib),
	KUNIT_CASE_PARAM(region_round_trip, region_gen_params),
	KUNIT_CASE_PARAM(region_ends_where_the_next_begins, region_gen_params),
	KUNIT_CASE_PARAM(region_positions_are_positive, region_gen_params),
	KUNIT_CASE_PARAM(region_of_a_mapping, region_gen_params),
	{}
};

static struct kunit_suite region_suite = {
	.name = "vfio_pci_region",
	.init = region_init,
	.test_cases = region_cases,
};

kunit_test_suite(region_suite);
