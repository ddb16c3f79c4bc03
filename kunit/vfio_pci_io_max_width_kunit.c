// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite for the widest access of a BAR: the lower of the table's and the BAR's limit.
 */

#include <kunit/test.h>

#include "vfio_pci_io_fake.h"
#include "vfio_pci_io_ref.h"

static int max_width_init(struct kunit *test)
{
	test->priv = vfio_pci_io_fake_create(test);
	return 0;
}

static void max_width_of_the_table(struct kunit *test)
{
	struct vfio_pci_io_fake *fake = test->priv;

	fake->ops.max_read = 8;
	fake->ops.max_write = 128;

	KUNIT_EXPECT_EQ(test, vfio_pci_io_max_width(&fake->io, false), 8);
	KUNIT_EXPECT_EQ(test, vfio_pci_io_max_width(&fake->io, true), 128);
}

static void max_width_of_the_bar_if_lower(struct kunit *test)
{
	struct vfio_pci_io_fake *fake = test->priv;

	fake->ops.max_read = 8;
	fake->ops.max_write = 128;
	fake->io.max_width = 64;

	KUNIT_EXPECT_EQ(test, vfio_pci_io_max_width(&fake->io, false), 8);
	KUNIT_EXPECT_EQ(test, vfio_pci_io_max_width(&fake->io, true), 64);
}

/* A function's maxstbl may be any number of bytes. */
static void max_width_not_a_power_of_two(struct kunit *test)
{
	struct vfio_pci_io_fake *fake = test->priv;

	fake->ops.max_read = 8;
	fake->ops.max_write = 4096;

	fake->io.max_width = 100;
	KUNIT_EXPECT_EQ(test, vfio_pci_io_max_width(&fake->io, false), 8);
	KUNIT_EXPECT_EQ(test, vfio_pci_io_max_width(&fake->io, true), 100);

	fake->io.max_width = 4095;
	KUNIT_EXPECT_EQ(test, vfio_pci_io_max_width(&fake->io, true), 4095);

	fake->io.max_width = 4097;
	KUNIT_EXPECT_EQ(test, vfio_pci_io_max_width(&fake->io, true), 4096);
}

static void max_width_check(struct kunit *test, u32 limit)
{
	struct vfio_pci_io_fake *fake = test->priv;

	fake->io.max_width = limit;
	KUNIT_ASSERT_EQ(test, vfio_pci_io_max_width(&fake->io, false),
			ref_lower_limit(fake->ops.max_read, limit));
	KUNIT_ASSERT_EQ(test, vfio_pci_io_max_width(&fake->io, true),
			ref_lower_limit(fake->ops.max_write, limit));
}

static void max_width_all(struct kunit *test)
{
	struct vfio_pci_io_fake *fake = test->priv;
	u32 read, write, limit;

	for (read = 1; read <= 4096; read *= 2) {
		for (write = 1; write <= 4096; write *= 2) {
			fake->ops.max_read = read;
			fake->ops.max_write = write;
			for (limit = 0; limit < 8; limit = limit ? limit * 2 : 1)
				max_width_check(test, limit);
			for (limit = 8; limit <= 8192; limit *= 2) {
				max_width_check(test, limit);
				max_width_check(test, limit + 1);
				max_width_check(test, 2 * limit - 1);
			}
		}
	}
}

static struct kunit_case max_width_cases[] = {
	KUNIT_CASE(max_width_of_the_table),
	KUNIT_CASE(max_width_of_the_bar_if_lower),
	KUNIT_CASE(max_width_not_a_power_of_two),
	KUNIT_CASE(max_width_all),
	{}
};

static struct kunit_suite max_width_suite = {
	.name = "vfio_pci_io_max_width",
	.init = max_width_init,
	.test_cases = max_width_cases,
};

kunit_test_suite(max_width_suite);
