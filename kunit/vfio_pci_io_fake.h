/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A BAR of plain memory behind a table of accessors that records.
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
 * @bytes: what was carried; not set for the access that failed
 */
struct vfio_pci_io_fake_access {
	u64 off;
	u32 width;
	bool write;
	u8 bytes[FAKE_MAX_WIDTH];
};

/**
 * struct vfio_pci_io_fake - the test double
 * @io: what the code under test gets
 * @ops: its table; a test sets the limits
 * @test: who is told when an access breaks a rule
 * @bar: the BAR's bytes
 * @log: accesses in the order in which they happened
 * @nr: accesses so far
 * @fail_at: number of the access that fails, counted from 1, 0 for none
 * @fail_errno: what it fails with, negative
 * @broken: an access broke a rule; the test has failed
 *
 * Every access is checked on its own: inside the BAR, none of it in the hole, of
 * a width that the table allows at that offset, at a buffer aligned like the
 * offset, and not after one that failed.
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

/* What byte @off of the BAR holds after a reset: 1 to 0x80. */
static inline u8 vfio_pci_io_fake_byte(u32 off)
{
	return off % FAKE_BAR_SIZE + 1;
}

struct vfio_pci_io_fake *vfio_pci_io_fake_create(struct kunit *test);
void vfio_pci_io_fake_reset(struct vfio_pci_io_fake *fake);
void vfio_pci_io_fake_set_rule(struct vfio_pci_io_fake *fake, enum vfio_pci_io_align align,
			       u32 max, u32 boundary);

#endif /* VFIO_PCI_IO_FAKE_H */
