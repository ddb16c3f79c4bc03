/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Width-keeping accessors for PCI BARs.
 */
#ifndef VFIO_PCI_IO_H
#define VFIO_PCI_IO_H

#include <linux/compiler.h>
#include <linux/minmax.h>
#include <linux/types.h>

struct pci_dev;
struct vfio_pci_io;

/**
 * DOC: Words
 *
 * request
 *	One pread or pwrite by the user on a BAR region: (bar, offset, count,
 *	direction).
 *
 * access
 *	One bus transaction or one instruction: (bar, offset, width, direction).
 *
 * access width
 *	Bytes that one access carries.
 *
 * run
 *	Accesses of one width, one after the other, each beginning where the one
 *	before it ended.
 *
 * hole
 *	The range of a BAR that the user may not touch (the MSI-X table, the tail
 *	of a ROM). Reads give 0xff, writes are dropped, no access happens.
 *
 * off, count, done
 *	Offset inside the BAR, bytes requested, bytes completed.
 */

/**
 * DOC: Guarantees
 *
 * For every request, on every table of accessors:
 *
 * - Kept: what the table can carry as one access is one access. It is never
 *   split, merged, widened or repeated.
 * - Split only when it must be: otherwise the accesses ascend, each is the
 *   widest that the table can do at that offset, none is wider than what is
 *   left, none touches a byte outside the request or inside the hole.
 * - Byte i of the buffer is byte i of the BAR, on little and on big endian.
 * - Progress is not forgotten: when the device fails midway, the bytes done so
 *   far are returned; the error is returned only when there are none.
 */

/**
 * struct vfio_pci_io_run - what the planner decided for the next bytes
 * @width: bytes of each access
 * @nr: accesses, at least 1
 */
struct vfio_pci_io_run {
	u32 width;
	u32 nr;
};

/**
 * enum vfio_pci_io_align - where an access may begin, and how long it may be
 * @VFIO_PCI_IO_NATURAL: the width is a power of two and divides the offset
 * @VFIO_PCI_IO_BLOCK: as natural up to 8 bytes; above that, offset and width are
 *	multiples of 8
 * @VFIO_PCI_IO_ANY: any width at any offset
 *
 * In any case it is at most the table's widest, and crosses no multiple of the
 * table's boundary. The values are those of the region-info capability.
 */
enum vfio_pci_io_align {
	VFIO_PCI_IO_NATURAL,
	VFIO_PCI_IO_BLOCK,
	VFIO_PCI_IO_ANY,
};

/**
 * struct vfio_pci_io_ops - how one platform reaches a BAR
 *
 * A table is constant and shared by all devices of its platform. What differs
 * between BARs is in &struct vfio_pci_io.
 */
struct vfio_pci_io_ops {
	/** @name: of the table, for messages and debuggers. */
	const char *name;

	/**
	 * @max_read: widest single read in bytes. A power of two if reads are
	 * naturally aligned.
	 */
	u32 max_read;

	/** @max_write: widest single write in bytes, as @max_read. */
	u32 max_write;

	/**
	 * @read_boundary: bytes, a power of two; no read crosses a multiple of
	 * it. At least @max_read if reads are naturally aligned, which keeps it
	 * without looking; else at least 8, so that no register access meets it.
	 */
	u32 read_boundary;

	/** @write_boundary: bytes; no write crosses a multiple of it. */
	u32 write_boundary;

	/** @read_align: where a read may begin. */
	enum vfio_pci_io_align read_align;

	/** @write_align: where a write may begin. */
	enum vfio_pci_io_align write_align;

	/**
	 * @write_limit: the widest single write of this function.
	 *
	 * Optional, for platforms on which functions differ. Never more than
	 * @max_write has an effect.
	 *
	 * Context: any; called with and without locks held.
	 * Return: bytes, at least %VFIO_PCI_IO_SINGLE; as for @max_write.
	 */
	u32 (*write_limit)(const struct vfio_pci_io *io);

	/**
	 * @read: do @nr reads of @width bytes each, ascending from @off.
	 *
	 * @buf receives @nr * @width bytes in the BAR's byte order. It has the
	 * alignment of @off modulo 8 at least, and no access of an allowed
	 * width makes it cross a 4 KiB page of the buffer that the BAR does not
	 * cross too.
	 *
	 * Guarantees:
	 *  - Each access is exactly one bus transaction or instruction.
	 *  - Nothing of @buf beyond the bytes returned is defined.
	 *
	 * Context: any, as ioeventfds write with interrupts off: must not
	 * sleep. May run under a read section of the device's memory_lock, so
	 * it must not touch user memory, must not take memory_lock and must
	 * not wait for another request.
	 * Return: bytes read, fewer than asked only if an access failed, or a
	 * negative errno if the first one failed.
	 */
	ssize_t (*read)(const struct vfio_pci_io *io, u64 off, void *buf,
			u32 width, u32 nr);

	/**
	 * @write: do @nr writes of @width bytes each, ascending from @off.
	 *
	 * As @read in the other direction: @buf is the source, and it is not
	 * written to.
	 *
	 * Return: bytes written, fewer than asked only if an access failed, or
	 * a negative errno if the first one failed.
	 */
	ssize_t (*write)(const struct vfio_pci_io *io, u64 off, const void *buf,
			 u32 width, u32 nr);

	/** @mapped: the accessors use &vfio_pci_io.base. */
	bool mapped;
};

#define VFIO_PCI_IO_NO_BAR	(-1)

/**
 * struct vfio_pci_io - one BAR as the accessors see it
 * @ops: the platform's table
 * @base: where the BAR (or ROM) is mapped; a memory address or a port cookie as
 *	pci_iomap() returns them; tables that do not reach the BAR through a map
 *	leave it alone
 * @hole_start: first byte of the hole
 * @hole_size: bytes in the hole, 0 for none
 * @pdev: the function, for tables that reach the BAR through it
 * @bar: BAR index, PCI_ROM_RESOURCE for the ROM, VFIO_PCI_IO_NO_BAR for a map that
 *	is neither
 * @max_width: widest access wanted on this BAR in bytes, a power of two, or 0
 *	for whatever the table can do
 *
 * It is made for one request and lives on the stack of who makes it, or for as long
 * as the device is open, as those of ioeventfds. All but @max_width is the same in that
 * time, and nothing in it changes while a request runs, so it needs no lock.
 */
struct vfio_pci_io {
	const struct vfio_pci_io_ops *ops;
	void __iomem *base;
	u64 hole_start;
	u64 hole_size;
	struct pci_dev *pdev;
	int bar;
	u32 max_width;
};

extern const struct vfio_pci_io_ops vfio_pci_io_iomem_ops;
extern const struct vfio_pci_io_ops vfio_pci_io_iomap_ops;
extern const struct vfio_pci_io_ops vfio_pci_io_ioport_ops;

const struct vfio_pci_io_ops *vfio_pci_io_zpci_ops(struct pci_dev *pdev);

/**
 * vfio_pci_io_platform_ops() - The table by which the memory BARs of a function are
 * reached
 * @pdev: the function
 *
 * Context: any.
 * Return: the table.
 */
static inline const struct vfio_pci_io_ops *vfio_pci_io_platform_ops(struct pci_dev *pdev)
{
	if (IS_ENABLED(CONFIG_VFIO_PCI_IO_ZPCI))
		return vfio_pci_io_zpci_ops(pdev);

	return &vfio_pci_io_iomem_ops;
}

/**
 * vfio_pci_io_align_of() - Where an access to a BAR may begin
 * @io: the BAR
 * @write: direction
 *
 * Context: any.
 * Return: the rule of the BAR's table.
 */
static inline enum vfio_pci_io_align vfio_pci_io_align_of(const struct vfio_pci_io *io, bool write)
{
	return write ? io->ops->write_align : io->ops->read_align;
}

/* What is naturally aligned and no longer is one access on every table that has it. */
#define VFIO_PCI_IO_SINGLE	8

/* Longer requests have no use for a glance, and their lengths might not fit one run. */
#define VFIO_PCI_IO_RUN_MAX	4096

/**
 * vfio_pci_io_max_width() - Widest access on a BAR
 * @io: the BAR
 * @write: direction
 *
 * Context: any.
 * Return: bytes: what the table and the function can do in this direction, or the
 * BAR's own limit where that is less. A power of two if accesses are naturally
 * aligned.
 */
static inline u32 vfio_pci_io_max_width(const struct vfio_pci_io *io, bool write)
{
	u32 max = write ? io->ops->max_write : io->ops->max_read;

	if (write && io->ops->write_limit)
		max = min(max, io->ops->write_limit(io));

	return min_not_zero(max, io->max_width);
}

static inline bool vfio_pci_io_meets_hole(const struct vfio_pci_io *io, u64 off, size_t count)
{
	return io->hole_size && off + count > io->hole_start &&
	       off < io->hole_start + io->hole_size;
}

/**
 * vfio_pci_io_is_single() - Is a request one access, as can be seen at a glance?
 * @io: the BAR
 * @off: offset inside the BAR
 * @count: bytes, at least 1
 * @write: direction
 *
 * A register access is: naturally aligned, at most %VFIO_PCI_IO_SINGLE bytes. For those
 * vfio_pci_io_plan() would say the same, at a greater cost; that some others are one
 * access too is for it to find out.
 *
 * Context: any.
 * Return: true if it is; false if it is not, or if that is not seen here.
 */
static inline bool vfio_pci_io_is_single(const struct vfio_pci_io *io, u64 off, size_t count,
					 bool write)
{
	if (count > VFIO_PCI_IO_SINGLE || (count & (count - 1)) || (off & (count - 1)))
		return false;

	if (unlikely(vfio_pci_io_meets_hole(io, off, count)))
		return false;

	if (unlikely(io->max_width) && count > io->max_width)
		return false;

	return count <= (write ? io->ops->max_write : io->ops->max_read);
}

/**
 * vfio_pci_io_is_run() - Are accesses of registers' widest all there is to a request, as
 * can be seen at a glance?
 * @io: the BAR
 * @off: offset inside the BAR
 * @count: bytes, at least 1
 * @write: direction
 *
 * If so, the request is one run, of accesses of %VFIO_PCI_IO_SINGLE bytes. As with
 * vfio_pci_io_is_single(), vfio_pci_io_plan() would say the same.
 *
 * Context: any.
 * Return: true if it is; false if it is not, or if that is not seen here.
 */
static inline bool vfio_pci_io_is_run(const struct vfio_pci_io *io, u64 off, size_t count,
				      bool write)
{
	if (vfio_pci_io_align_of(io, write) != VFIO_PCI_IO_NATURAL)
		return false;

	if ((off | count) % VFIO_PCI_IO_SINGLE || count > VFIO_PCI_IO_RUN_MAX)
		return false;

	if (unlikely(vfio_pci_io_meets_hole(io, off, count)))
		return false;

	if (unlikely(io->max_width) && io->max_width < VFIO_PCI_IO_SINGLE)
		return false;

	return (write ? io->ops->max_write : io->ops->max_read) == VFIO_PCI_IO_SINGLE;
}

bool vfio_pci_io_in_hole(const struct vfio_pci_io *io, u64 off, size_t count);
struct vfio_pci_io_run vfio_pci_io_plan(const struct vfio_pci_io *io, u64 off,
					size_t left, bool write);
ssize_t vfio_pci_io_rw(const struct vfio_pci_io *io, u64 off, void *buf,
		       size_t count, bool write);

#endif /* VFIO_PCI_IO_H */
