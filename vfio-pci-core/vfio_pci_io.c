// SPDX-License-Identifier: GPL-2.0-only
/*
 * Plan the accesses of a request and carry it on a kernel buffer: no user memory, no
 * locks, no VFIO, so that every rule can be tested without a device.
 */

#include <linux/errno.h>
#include <linux/export.h>
#include <linux/log2.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include <kunit/visibility.h>

#include "vfio_pci_io.h"

#define CREATE_TRACE_POINTS
#include "vfio_pci_io_trace.h"

/* A block is two or more of these; one alone is an ordinary access. */
#define VFIO_PCI_IO_DOUBLEWORD	8

/*
 * The lowest set bit of the OR is the widest access that alignment, limit and length all
 * allow. Only accesses of width @max form a run: after a narrower one, the next may be wider.
 */
static __always_inline struct vfio_pci_io_run
vfio_pci_io_plan_natural(u64 off, size_t left, u32 max)
{
	u64 limits = off | max | rounddown_pow_of_two(left);
	struct vfio_pci_io_run run = { .width = limits & -limits, .nr = 1 };

	if (run.width == max)
		run.nr = min_t(size_t, left / max, U32_MAX / max);

	return run;
}

/* Any width at any offset. @room does not extend beyond a boundary. */
static __always_inline struct vfio_pci_io_run
vfio_pci_io_plan_any(size_t room, u32 max)
{
	u32 width = min_t(size_t, room, max);

	return (struct vfio_pci_io_run) { .width = width, .nr = room / width };
}

/* Blocks of doublewords; before and after them, natural accesses. @room as above. */
static struct vfio_pci_io_run vfio_pci_io_plan_block(u64 off, size_t room, u32 max)
{
	size_t block_room = round_down(room, VFIO_PCI_IO_DOUBLEWORD);
	u32 block_max = round_down(max, VFIO_PCI_IO_DOUBLEWORD);

	if (off % VFIO_PCI_IO_DOUBLEWORD ||
	    min_t(size_t, block_room, block_max) <= VFIO_PCI_IO_DOUBLEWORD)
		return vfio_pci_io_plan_natural(off, room,
						min_t(u32, max, VFIO_PCI_IO_DOUBLEWORD));

	return vfio_pci_io_plan_any(block_room, block_max);
}

/* Bytes from @off to the next multiple of @boundary, at most @left. */
static size_t vfio_pci_io_before_boundary(u64 off, size_t left, u32 boundary)
{
	return min_t(u64, left, boundary - (off & (boundary - 1)));
}

static bool vfio_pci_io_hole_at(const struct vfio_pci_io *io, u64 off)
{
	return off - io->hole_start < io->hole_size;
}

/* Bytes from @off, which is not in the hole, to the hole's start, at most @left. */
static size_t vfio_pci_io_before_hole(const struct vfio_pci_io *io, u64 off, size_t left)
{
	if (!io->hole_size || off > io->hole_start)
		return left;

	return min_t(u64, left, io->hole_start - off);
}

/* Bytes from @off, which is in the hole, to the hole's end, at most @left. */
static size_t vfio_pci_io_rest_of_hole(const struct vfio_pci_io *io, u64 off, size_t left)
{
	return min_t(u64, left, io->hole_size - (off - io->hole_start));
}

/**
 * vfio_pci_io_plan() - Plan the next accesses of a request
 * @io: the BAR
 * @off: offset inside the BAR, not in the hole
 * @left: bytes up to the end of the request or to the hole, at least 1
 * @write: direction
 *
 * Context: any; nothing is accessed.
 * Return: a run of at most @left bytes; each access is the widest at its offset.
 */
struct vfio_pci_io_run vfio_pci_io_plan(const struct vfio_pci_io *io, u64 off,
					size_t left, bool write)
{
	u32 boundary = write ? io->ops->write_boundary : io->ops->read_boundary;
	enum vfio_pci_io_align align = vfio_pci_io_align_of(io, write);
	u32 max = vfio_pci_io_max_width(io, write);

	if (align == VFIO_PCI_IO_NATURAL)
		return vfio_pci_io_plan_natural(off, left, max);

	left = vfio_pci_io_before_boundary(off, left, boundary);
	if (align == VFIO_PCI_IO_ANY)
		return vfio_pci_io_plan_any(left, max);

	return vfio_pci_io_plan_block(off, left, max);
}
EXPORT_SYMBOL_IF_KUNIT(vfio_pci_io_plan);

/* Trace a run whose accessor returned @ret. An access that failed is the last. */
void vfio_pci_io_trace_run(const struct vfio_pci_io *io, u64 off, struct vfio_pci_io_run run,
			   bool write, ssize_t ret)
{
	ssize_t done = 0;

	for (; run.nr && done < ret; run.nr--, done += run.width)
		trace_vfio_pci_bar_access(io, off + done, run.width, write, 0);

	if (run.nr)
		trace_vfio_pci_bar_access(io, off + done, run.width, write,
					  ret < 0 ? ret : -EIO);
}

/**
 * vfio_pci_io_rw() - Carry a request between a kernel buffer and a BAR
 * @io: the BAR
 * @off: offset inside the BAR
 * @buf: kernel buffer, as &struct vfio_pci_io_ops requires it; unchanged if @write
 * @count: bytes; @off + @count lies within the BAR
 * @write: direction
 *
 * Gives the guarantees of vfio_pci_io.h. Bytes dropped in the hole count as done.
 *
 * Context: any, with or without memory_lock held for reading. Does not sleep.
 * Return: bytes done, fewer than @count only if an access failed; the accessor's
 * negative errno if no byte was done. A read leaves @buf undefined beyond that.
 */
ssize_t __flatten vfio_pci_io_rw(const struct vfio_pci_io *io, u64 off, void *buf,
				 size_t count, bool write)
{
	size_t done = 0;

	while (done < count) {
		size_t left = count - done;
		struct vfio_pci_io_run run;
		ssize_t ret;

		if (unlikely(vfio_pci_io_hole_at(io, off + done))) {
			left = vfio_pci_io_rest_of_hole(io, off + done, left);
			if (!write)
				memset(buf + done, 0xff, left);
			done += left;
			continue;
		}

		left = vfio_pci_io_before_hole(io, off + done, left);
		run = vfio_pci_io_plan(io, off + done, left, write);
		ret = vfio_pci_io_do_run(io, off + done, buf + done, run, write);
		if (ret < 0)
			return done ?: ret;

		done += ret;
		if (ret != (ssize_t)run.width * run.nr)
			break;
	}

	return done;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_pci_io_rw);
