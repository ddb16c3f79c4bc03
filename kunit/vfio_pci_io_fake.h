/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A BAR of plain memory, reached through a table of accessors that records each access.
 */
#ifndef VFIO_PCI_IO_FAKE_H
#define VFIO_PCI_IO_FAKE_H

#include <kunit/test.h>

#include "vfio_pci_io.h"

#define FAKE_BAR_SIZE	128
#define FAKE_MAX_WIDTH	64

/**
 * struct vfio_pci_io_fake_access - one access as the device saw it
 * @off: offset inside the BAR
 * @width: bytes
 * @write: direction
 * @bytes: the bytes carried; not set for an access that failed
 */
struct vfio_pci_io_fake_access {
	u64 off;
	u32 width;
	bool write;
	u8 bytes[FAKE_MAX_WIDTH];
};

/**
 * struct vfio_pci_io_fake - the test double
 * @io: the BAR that the code under test gets
 * @ops: its table; a test sets the limits
 * @test: the test case that fails when an access breaks a rule
 * @bar: the BAR's bytes
 * @log: accesses in the order in which they happened
 * @nr: accesses so far
 * @fail_at: number of the access that fails, counted from 1, 0 for none
 * @fail_errno: its negative errno
 * @broken: an access broke a rule; the test has failed
 *
 * Every access is checked on its own: it lies inside the BAR and outside the hole, has
 * a width that the table allows at that offset and a buffer aligned like the offset,
 * and does not follow a failed one.
 */
struct vfio_pci_io_fake {
	struct vfio_pci_io io;
	struct vfio_pci_io_ops ops;
	struct kunit *test;
	u8 bar[FAKE_BAR_SIZE];
	struct vfio_pci_io_fake_access log[FAKE_BAR_SIZE];
	u32 nr;
	u32 fail_at;
	int fail_errno;
	bool broken;
};

/* Byte @off of the BAR after a reset: 1 to 0x80. */
static inline u8 vfio_pci_io_fake_byte(u32 off)
{
	return off % FAKE_BAR_SIZE + 1;
}

struct vfio_pci_io_fake *vfio_pci_io_fake_create(struct kunit *test);
void vfio_pci_io_fake_reset(struct vfio_pci_io_fake *fake);
void vfio_pci_io_fake_set_rule(struct vfio_pci_io_fake *fake, enum vfio_pci_io_align align,
			       u32 max, u32 boundary);

#endif /* VFIO_PCI_IO_FAKE_H */
