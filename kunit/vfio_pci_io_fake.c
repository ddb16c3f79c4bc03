// SPDX-License-Identifier: GPL-2.0-only
/*
 * A BAR of plain memory, reached through a table of accessors that records each access.
 */

#include <linux/container_of.h>
#include <linux/string.h>

#include "vfio_pci_io_fake.h"
#include "vfio_pci_io_ref.h"

static struct vfio_pci_io_fake *fake_of(const struct vfio_pci_io *io)
{
	return container_of((struct vfio_pci_io *)io, struct vfio_pci_io_fake, io);
}

/* Returns the rule that an access breaks, or NULL. */
static const char *fake_rule_broken(struct vfio_pci_io_fake *fake, u64 off,
				    const void *buf, u32 width, bool write)
{
	struct ref_bar bar = {
		.max = ref_lower_limit(write ? fake->ops.max_write : fake->ops.max_read,
				       fake->io.max_width),
		.rule = (enum ref_rule)(write ? fake->ops.write_align : fake->ops.read_align),
		.boundary = write ? fake->ops.write_boundary : fake->ops.read_boundary,
	};
	u32 byte;

	if (fake->fail_at && fake->nr >= fake->fail_at)
		return "after one that failed";
	if (fake->nr == ARRAY_SIZE(fake->log))
		return "more accesses than the log holds";
	if (width == 0 || width > FAKE_MAX_WIDTH || width > bar.max)
		return "too wide or empty";
	if (off >= FAKE_BAR_SIZE || off + width > FAKE_BAR_SIZE)
		return "outside the BAR";
	if (!ref_aligned(&bar, off, width))
		return "not aligned";

	bar.hole_start = fake->io.hole_start;
	bar.hole_size = fake->io.hole_size;
	for (byte = off; byte < off + width; byte++) {
		if (ref_in_hole(&bar, byte))
			return "in the hole";
	}

	/* Stricter than &struct vfio_pci_io_ops: the suites pass buffers aligned like this. */
	if ((unsigned long)buf % 8 != (unsigned long)off % 8)
		return "the buffer is not aligned like the offset";

	return NULL;
}

/* Do one access. Returns false if it fails. */
static bool fake_access(struct vfio_pci_io_fake *fake, u64 off, void *buf, u32 width,
			bool write)
{
	const char *broken = fake_rule_broken(fake, off, buf, width, write);
	struct vfio_pci_io_fake_access *access;

	if (broken) {
		if (!fake->broken)
			KUNIT_FAIL(fake->test, "%s of %u bytes at %llu: %s",
				   write ? "write" : "read", width, off, broken);
		fake->broken = true;
		return false;
	}

	access = &fake->log[fake->nr++];
	access->off = off;
	access->width = width;
	access->write = write;
	if (fake->nr == fake->fail_at)
		return false;

	if (write)
		memcpy(&fake->bar[off], buf, width);
	else
		memcpy(buf, &fake->bar[off], width);
	memcpy(access->bytes, &fake->bar[off], width);

	return true;
}

static ssize_t fake_run(struct vfio_pci_io_fake *fake, u64 off, void *buf, u32 width,
			u32 nr, bool write)
{
	ssize_t done = 0;

	for (; nr; nr--, done += width) {
		if (!fake_access(fake, off + done, buf + done, width, write))
			return done ?: fake->fail_errno;
	}

	return done;
}

static ssize_t fake_read(const struct vfio_pci_io *io, u64 off, void *buf, u32 width,
			 u32 nr)
{
	return fake_run(fake_of(io), off, buf, width, nr, false);
}

static ssize_t fake_write(const struct vfio_pci_io *io, u64 off, const void *buf,
			  u32 width, u32 nr)
{
	return fake_run(fake_of(io), off, (void *)buf, width, nr, true);
}

/**
 * vfio_pci_io_fake_create() - Make a fake that lives as long as the test case
 * @test: the test case
 *
 * It does naturally aligned accesses of up to 8 bytes and has no hole.
 *
 * Return: the fake; the test case ends if there is no memory.
 */
struct vfio_pci_io_fake *vfio_pci_io_fake_create(struct kunit *test)
{
	struct vfio_pci_io_fake *fake = kunit_kzalloc(test, sizeof(*fake), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, fake);

	fake->test = test;
	fake->fail_errno = -EIO;
	fake->ops.name = "fake";
	fake->ops.max_read = 8;
	fake->ops.max_write = 8;
	fake->ops.read_boundary = 8;
	fake->ops.write_boundary = 8;
	fake->ops.read = fake_read;
	fake->ops.write = fake_write;
	fake->io.ops = &fake->ops;
	vfio_pci_io_fake_reset(fake);

	return fake;
}

/**
 * vfio_pci_io_fake_reset() - Refill the BAR and clear the log
 * @fake: the fake
 *
 * The limits, the hole and @fail_at stay.
 */
void vfio_pci_io_fake_reset(struct vfio_pci_io_fake *fake)
{
	u32 off;

	for (off = 0; off < FAKE_BAR_SIZE; off++)
		fake->bar[off] = vfio_pci_io_fake_byte(off);

	fake->nr = 0;
}

/**
 * vfio_pci_io_fake_set_rule() - Set the accesses that the fake can do, both ways
 * @fake: the fake
 * @align: alignment rule
 * @max: widest access
 * @boundary: no access crosses a multiple of this
 */
void vfio_pci_io_fake_set_rule(struct vfio_pci_io_fake *fake, enum vfio_pci_io_align align,
			       u32 max, u32 boundary)
{
	fake->ops.max_read = max;
	fake->ops.max_write = max;
	fake->ops.read_align = align;
	fake->ops.write_align = align;
	fake->ops.read_boundary = boundary;
	fake->ops.write_boundary = boundary;
}
