/* SPDX-License-Identifier: GPL-2.0-only */
/* Width-keeping accessors for PCI BARs. */
#ifndef VFIO_PCI_IO_H
#define VFIO_PCI_IO_H

#include <linux/compiler.h>
#include <linux/kconfig.h>
#include <linux/minmax.h>
#include <linux/tracepoint-defs.h>
#include <linux/types.h>

struct kernel_param;
struct pci_dev;
struct vfio_pci_io;

/**
 * DOC: Words
 *
 * - request: one pread or pwrite by the user on a BAR: (bar, offset, count, direction)
 * - access: one bus transaction or instruction: (bar, offset, width, direction)
 * - access width: bytes that one access carries
 * - run: accesses of one width, each beginning where the one before it ended
 * - hole: what of a BAR the user may not touch (the MSI-X table, the tail of a ROM).
 *   Reads give 0xff, writes are dropped, no access happens.
 */

/**
 * DOC: Guarantees
 *
 * For every request, on every table of accessors:
 *
 * - Kept: what the table can carry as one access is one access. It is never split,
 *   merged, widened or repeated.
 * - Split only when it must be: otherwise the accesses ascend, each is the widest that
 *   the table can do at that offset, none is wider than what is left, none touches a
 *   byte outside the request or inside the hole.
 * - Byte i of the buffer is byte i of the BAR, on little and on big endian.
 * - When the device fails midway, the bytes done so far are returned; the error is
 *   returned only when there are none.
 */

/* What the planner decided for the next bytes. */
struct vfio_pci_io_run {
	u32 width;	/* bytes of each access */
	u32 nr;		/* accesses, at least 1 */
};

/**
 * enum vfio_pci_io_align - where an access may begin, and how long it may be
 * @VFIO_PCI_IO_NATURAL: the width is a power of two and divides the offset
 * @VFIO_PCI_IO_BLOCK: as natural up to 8 bytes; above that, offset and width are
 *	multiples of 8
 * @VFIO_PCI_IO_ANY: any width at any offset
 *
 * In any case it is at most the table's widest, and crosses no multiple of the
 * table's boundary.
 */
enum vfio_pci_io_align {
	VFIO_PCI_IO_NATURAL,
	VFIO_PCI_IO_BLOCK,
	VFIO_PCI_IO_ANY,
};

/**
 * struct vfio_pci_io_ops - how one platform reaches a BAR
 * @name: of the table, for messages and debuggers
 * @max_read: widest single read; a power of two if naturally aligned
 * @max_write: widest single write, as @max_read
 * @read_boundary: a power of two of which no read crosses a multiple; at least
 *	@max_read if naturally aligned, which keeps it without looking, else at least 8
 * @write_boundary: as @read_boundary
 * @read_align: where a read may begin
 * @write_align: where a write may begin
 * @mapped: the accessors use &vfio_pci_io.base
 * @read: does @nr reads of @width bytes each, ascending from @off
 * @write: as @read in the other direction; does not change the buffer
 *
 * A table is constant and shared by all devices of its platform. What differs between
 * BARs is in &struct vfio_pci_io.
 *
 * The accessors guarantee that each access is exactly one bus transaction or
 * instruction. The buffer has the BAR's byte order, is aligned as the offset is,
 * modulo 8, and crosses no 4 KiB page unless the BAR does. Nothing of it beyond the
 * bytes returned is defined.
 *
 * They return the bytes done, fewer than asked only if an access failed, or a negative
 * errno if the first one failed. Never 0, which would look like the end of the BAR.
 *
 * Context: any, as ioeventfds write with interrupts off: they must not sleep. They may
 * run under memory_lock, so they must not touch user memory nor wait for another request.
 */
struct vfio_pci_io_ops {
	const char *name;
	u32 max_read;
	u32 max_write;
	u32 read_boundary;
	u32 write_boundary;
	enum vfio_pci_io_align read_align;
	enum vfio_pci_io_align write_align;
	ssize_t (*read)(const struct vfio_pci_io *io, u64 off, void *buf,
			u32 width, u32 nr);
	ssize_t (*write)(const struct vfio_pci_io *io, u64 off, const void *buf,
			 u32 width, u32 nr);
	bool mapped;
};

#define VFIO_PCI_IO_NO_BAR	(-1)

/**
 * struct vfio_pci_io - one BAR as the accessors see it
 * @ops: the platform's table
 * @base: where the BAR (or ROM) is mapped: a memory address or a port cookie as
 *	pci_iomap() returns them; NULL if the table reaches it without a map
 * @hole_start: first byte of the hole
 * @hole_size: bytes in the hole, 0 for none
 * @pdev: the function, for tables that reach the BAR through it
 * @bar: BAR index, PCI_ROM_RESOURCE for the ROM, VFIO_PCI_IO_NO_BAR for a map that
 *	is neither
 * @max_width: limit of the access width in bytes, or 0 for none but the table's own;
 *	a power of two where it is less than the widest of a naturally aligned table
 *
 * A request builds one on its stack; an ioeventfd keeps one until the device is
 * closed. Nothing in it changes while it is in use, so it needs no lock.
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
extern const struct vfio_pci_io_ops vfio_pci_io_ioport_ops;

const struct vfio_pci_io_ops *vfio_pci_io_zpci_ops(struct pci_dev *pdev);
u32 vfio_pci_io_zpci_limit(struct pci_dev *pdev);

/* The table for a function's memory BARs. */
static inline const struct vfio_pci_io_ops *vfio_pci_io_platform_ops(struct pci_dev *pdev)
{
	if (IS_ENABLED(CONFIG_S390))
		return vfio_pci_io_zpci_ops(pdev);

	return &vfio_pci_io_iomem_ops;
}

/*
 * The widest access that a function takes, at least 8, for platforms on which functions
 * differ; 0 if all take what the table can do. It does not change while the device is open.
 */
static inline u32 vfio_pci_io_platform_limit(struct pci_dev *pdev)
{
	return IS_ENABLED(CONFIG_S390) ? vfio_pci_io_zpci_limit(pdev) : 0;
}

static inline enum vfio_pci_io_align vfio_pci_io_align_of(const struct vfio_pci_io *io, bool write)
{
	return write ? io->ops->write_align : io->ops->read_align;
}

/* The widest access of a direction: what the table can do, or the BAR's own limit. */
static inline u32 vfio_pci_io_max_width(const struct vfio_pci_io *io, bool write)
{
	return min_not_zero(write ? io->ops->max_write : io->ops->max_read, io->max_width);
}

/* Does any of @count bytes, at least 1, lie in the hole? */
static inline bool vfio_pci_io_meets_hole(const struct vfio_pci_io *io, u64 off, size_t count)
{
	return off < io->hole_start + io->hole_size && off + count > io->hole_start &&
	       io->hole_size;
}

/* Do all of them? Then no access is needed. */
static inline bool vfio_pci_io_in_hole(const struct vfio_pci_io *io, u64 off, size_t count)
{
	return off >= io->hole_start && off + count <= io->hole_start + io->hole_size;
}

/* A payload is one access on tables that take any bytes at any offset. */
static inline bool vfio_pci_io_is_payload(const struct vfio_pci_io *io, u64 off, size_t count,
					  bool write)
{
	u32 boundary = write ? io->ops->write_boundary : io->ops->read_boundary;

	return vfio_pci_io_align_of(io, write) == VFIO_PCI_IO_ANY &&
	       count <= vfio_pci_io_max_width(io, write) &&
	       (off & (boundary - 1)) + count <= boundary;
}

/**
 * vfio_pci_io_is_single() - Is a request plainly one access?
 * @io: the BAR
 * @off: offset inside the BAR
 * @count: bytes, at least 1
 * @write: direction
 *
 * A register access is, on every table: naturally aligned, up to 8 bytes.
 * vfio_pci_io_plan() would say the same, at a higher cost.
 *
 * Context: any.
 * Return: true if it is; false if it takes the planner to tell.
 */
static inline bool vfio_pci_io_is_single(const struct vfio_pci_io *io, u64 off, size_t count,
					 bool write)
{
	if (unlikely(vfio_pci_io_meets_hole(io, off, count)))
		return false;

	if (count <= 8 && !(count & (count - 1)) && !(off & (count - 1)))
		return count <= (write ? io->ops->max_write : io->ops->max_read) &&
		       likely(!io->max_width || count <= io->max_width);

	return vfio_pci_io_is_payload(io, off, count, write);
}

DECLARE_TRACEPOINT(vfio_pci_bar_access);

void vfio_pci_io_trace_run(const struct vfio_pci_io *io, u64 off, struct vfio_pci_io_run run,
			   bool write, ssize_t ret);

/**
 * vfio_pci_io_do_run() - Do planned accesses
 * @io: the BAR
 * @off: offset inside the BAR
 * @buf: kernel buffer, as vfio_pci_io_rw() wants it
 * @run: the accesses
 * @write: direction
 *
 * Context: as vfio_pci_io_rw().
 * Return: as &vfio_pci_io_ops.read and &vfio_pci_io_ops.write.
 */
static inline ssize_t vfio_pci_io_do_run(const struct vfio_pci_io *io, u64 off, void *buf,
					 struct vfio_pci_io_run run, bool write)
{
	ssize_t ret;

	if (write)
		ret = io->ops->write(io, off, buf, run.width, run.nr);
	else
		ret = io->ops->read(io, off, buf, run.width, run.nr);

	if (tracepoint_enabled(vfio_pci_bar_access))
		vfio_pci_io_trace_run(io, off, run, write, ret);

	return ret;
}

struct vfio_pci_io_run vfio_pci_io_plan(const struct vfio_pci_io *io, u64 off,
					size_t left, bool write);
ssize_t vfio_pci_io_rw(const struct vfio_pci_io *io, u64 off, void *buf,
		       size_t count, bool write);

u32 vfio_pci_io_width_limit(struct pci_dev *pdev);
#if IS_ENABLED(CONFIG_KUNIT)
int vfio_pci_io_set_limits(const char *val, const struct kernel_param *kp);
int vfio_pci_io_get_limits(char *buf, const struct kernel_param *kp);
#endif

#endif /* VFIO_PCI_IO_H */
