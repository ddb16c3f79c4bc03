/* SPDX-License-Identifier: GPL-2.0-only */
/* Accessors for PCI BARs that keep the access width. */
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
 * - hole: a range of a BAR that the user may not access (the MSI-X table, the tail of
 *   the ROM). Reads give 0xff, writes are dropped, no access happens.
 */

/**
 * DOC: Guarantees
 *
 * For every request, on every table of accessors:
 *
 * - Kept: a request that the table can carry as one access is exactly one access. It
 *   is never split, merged, widened or repeated.
 * - Split only if it must be: then the accesses ascend. Each is the widest that the
 *   table can do at its offset, none is wider than what is left of the request, and
 *   none touches a byte outside the request or inside the hole.
 * - Byte i of the buffer is byte i of the BAR, on little and big endian.
 * - If an access fails midway, the bytes done are returned; the error is returned
 *   only if there are none.
 */

/* What the planner decided for the next bytes. */
struct vfio_pci_io_run {
	u32 width;	/* bytes of each access */
	u32 nr;		/* accesses, at least 1 */
};

/**
 * enum vfio_pci_io_align - which width an access may have at which offset
 * @VFIO_PCI_IO_NATURAL: the width is a power of two and divides the offset
 * @VFIO_PCI_IO_BLOCK: natural up to 8 bytes; above that, offset and width are
 *	multiples of 8
 * @VFIO_PCI_IO_ANY: any width at any offset
 *
 * In addition, no access is wider than the table's widest, and none crosses a multiple
 * of the table's boundary.
 */
enum vfio_pci_io_align {
	VFIO_PCI_IO_NATURAL,
	VFIO_PCI_IO_BLOCK,
	VFIO_PCI_IO_ANY,
};

/**
 * struct vfio_pci_io_ops - how one platform reaches a BAR
 * @name: name of the table, for messages and debuggers
 * @max_read: widest read in bytes; a power of two if naturally aligned
 * @max_write: widest write, as @max_read
 * @read_boundary: a power of two; no read crosses a multiple of it. With natural
 *	alignment at least @max_read, which rules out a crossing; else at least 8
 * @write_boundary: as @read_boundary
 * @read_align: alignment rule of reads
 * @write_align: alignment rule of writes
 * @mapped: the accessors use &vfio_pci_io.base. Those that do not use it need a
 *	buffer that crosses a 4 KiB page only where the BAR does
 * @read: does @nr reads of @width bytes each, ascending from @off
 * @write: as @read, for writes; does not change the buffer
 *
 * A table is constant and shared by all devices of its platform. What differs between
 * BARs is in &struct vfio_pci_io.
 *
 * The accessors guarantee that each access is exactly one bus transaction or
 * instruction. The buffer has the BAR's byte order and, modulo 8, the alignment of the
 * offset. For a single access of 1, 2, 4 or 8 bytes, it may be aligned to the width
 * only. After a read, it is undefined beyond the bytes returned.
 *
 * They return the bytes done, fewer than requested only if an access failed, or a
 * negative errno if the first one failed. They never return 0, which would look like
 * the end of the BAR.
 *
 * Context: any. They must not sleep, as ioeventfds write with interrupts off. They may
 * run under memory_lock, so they must not touch user memory or wait for another request.
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
 * @pdev: the function, for the tracepoint and for tables that reach the BAR through it
 * @bar: BAR index, PCI_ROM_RESOURCE for the ROM, VFIO_PCI_IO_NO_BAR for a map that
 *	is neither
 * @max_width: further limit of the access width in bytes, 0 for none; a power of two
 *	if it is below the widest access of a naturally aligned table
 *
 * A request builds one on its stack; an ioeventfd has one of its own. Nothing in it
 * changes while it is in use, so it needs no lock.
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
 * The widest access that a function supports, at least 8; 0 if all functions of the
 * platform support what the table can do. It is constant while the device is open.
 */
static inline u32 vfio_pci_io_platform_limit(struct pci_dev *pdev)
{
	return IS_ENABLED(CONFIG_S390) ? vfio_pci_io_zpci_limit(pdev) : 0;
}

static inline enum vfio_pci_io_align vfio_pci_io_align_of(const struct vfio_pci_io *io, bool write)
{
	return write ? io->ops->write_align : io->ops->read_align;
}

/* The widest access in one direction: the lower of the table's and the BAR's limit. */
static inline u32 vfio_pci_io_max_width(const struct vfio_pci_io *io, bool write)
{
	return min_not_zero(write ? io->ops->max_write : io->ops->max_read, io->max_width);
}

/* Does the request, of at least 1 byte, overlap the hole? */
static inline bool vfio_pci_io_meets_hole(const struct vfio_pci_io *io, u64 off, size_t count)
{
	return off < io->hole_start + io->hole_size && off + count > io->hole_start &&
	       io->hole_size;
}

/* Does it lie entirely in the hole? Then no access is needed. */
static inline bool vfio_pci_io_in_hole(const struct vfio_pci_io *io, u64 off, size_t count)
{
	return off >= io->hole_start && off + count <= io->hole_start + io->hole_size;
}

/* Is the request one access of a table that takes any width at any offset? */
static inline bool vfio_pci_io_is_payload(const struct vfio_pci_io *io, u64 off, size_t count,
					  bool write)
{
	u32 boundary = write ? io->ops->write_boundary : io->ops->read_boundary;

	return vfio_pci_io_align_of(io, write) == VFIO_PCI_IO_ANY &&
	       count <= vfio_pci_io_max_width(io, write) &&
	       (off & (boundary - 1)) + count <= boundary;
}

/**
 * vfio_pci_io_is_single() - Check quickly if a request is one access
 * @io: the BAR
 * @off: offset inside the BAR
 * @count: bytes, at least 1
 * @write: direction
 *
 * A naturally aligned request of 1, 2, 4 or 8 bytes is one access on every table that
 * has the width. vfio_pci_io_plan() gives the same answer at a higher cost.
 *
 * Context: any.
 * Return: true if it is one access; false if not, or if only the planner can tell.
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
 * @buf: kernel buffer, as for vfio_pci_io_rw()
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
