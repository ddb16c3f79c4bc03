// SPDX-License-Identifier: GPL-2.0-only
/*
 * The BAR region path: a user's pread() or pwrite() on a BAR or the option ROM.
 *
 * A request is carried in chunks, each inside one 4 KiB page of the BAR. User memory is never
 * touched under memory_lock, which the fault handler of a BAR mapping takes under mmap_lock.
 */

#include <linux/compiler.h>
#include <linux/err.h>
#include <linux/io.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/nospec.h>
#include <linux/pci.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include <linux/vfio_pci_core.h>

#include "vfio_pci_bar.h"
#include "vfio_pci_io.h"
#include "vfio_pci_vdev.h"

#define VFIO_PCI_BAR_CHUNK	4096	/* no access crosses a page of this size */
#define VFIO_PCI_BAR_STACK	64	/* requests up to this size use an on-stack buffer */
#define VFIO_PCI_BAR_ALIGN	8	/* accessors need a buffer aligned like the offset */

/* Intel X710 answers 8-byte ROM reads with AER errors, and QEMU reads the ROM in one go. */
#define VFIO_PCI_ROM_MAX_WIDTH	4

/* Take memory_lock if memory decode gates the BAR; -EIO if decode is off. */
static int vfio_pci_bar_begin(const struct vfio_pci_bar *bar)
{
	if (!bar->mem)
		return 0;

	down_read(&bar->vdev->memory_lock);
	if (likely(__vfio_pci_memory_enabled(bar->vdev)))
		return 0;
	up_read(&bar->vdev->memory_lock);

	return -EIO;
}

static void vfio_pci_bar_end(const struct vfio_pci_bar *bar)
{
	if (bar->mem)
		up_read(&bar->vdev->memory_lock);
}

/**
 * vfio_pci_bar_access() - Do all accesses of one chunk
 * @bar: the BAR, mapped
 * @off: offset inside the BAR
 * @buf: kernel buffer, as for vfio_pci_io_rw()
 * @count: bytes, inside one 4 KiB page of the BAR
 * @write: direction
 *
 * Context: process context, memory_lock not held. Sleeps. Any context if memory decode
 * does not gate the BAR.
 * Return: as vfio_pci_io_rw(). Without any access: -EIO if memory decode is off or
 * the ROM cannot be enabled.
 */
ssize_t vfio_pci_bar_access(const struct vfio_pci_bar *bar, u64 off, void *buf,
			    size_t count, bool write)
{
	ssize_t ret;

	/* No access happens, so memory decode does not matter. */
	if (unlikely(vfio_pci_io_in_hole(&bar->io, off, count)))
		return vfio_pci_io_rw(&bar->io, off, buf, count, write);

	ret = vfio_pci_bar_begin(bar);
	if (ret)
		return ret;
	/* Another request may have disabled the ROM since the last chunk. */
	ret = bar->rom && pci_enable_rom(bar->vdev->pdev) ? -EIO :
	      vfio_pci_io_rw(&bar->io, off, buf, count, write);
	vfio_pci_bar_end(bar);

	return ret;
}

/* A chunk known to be one access outside the hole and the ROM: no planner, no loop. */
static __always_inline ssize_t
vfio_pci_bar_access_single(const struct vfio_pci_bar *bar, u64 off, void *buf, size_t count,
			   bool write)
{
	struct vfio_pci_io_run run = { .width = count, .nr = 1 };
	ssize_t ret;

	ret = vfio_pci_bar_begin(bar);
	if (ret)
		return ret;
	ret = vfio_pci_io_do_run(&bar->io, off, buf, run, write);
	vfio_pci_bar_end(bar);

	return ret;
}

/*
 * On arm64, riscv and others, copy_to_user() may store bytes that it does not count. Copy
 * the rest byte by byte until one fails, so that the count is exact.
 */
static noinline size_t
vfio_pci_bar_copy_rest(char __user *buf, const void *bounce, size_t len, size_t left)
{
	while (left && !copy_to_user(buf + len - left, bounce + len - left, 1))
		left--;

	return left;
}

/*
 * Carry one chunk through @bounce. Its bytes reach the user's buffer once each, but for
 * vfio_pci_bar_copy_rest(). A constant @len needs no run-time size checks.
 */
static __always_inline ssize_t
vfio_pci_bar_chunk(const struct vfio_pci_bar *bar, char __user *buf, u64 off, void *bounce,
		   size_t len, bool write, bool single)
{
	ssize_t ret;

	if (write && copy_from_user(bounce, buf, len))
		return -EFAULT;

	ret = single ? vfio_pci_bar_access_single(bar, off, bounce, len, write) :
		       vfio_pci_bar_access(bar, off, bounce, len, write);

	if (!write && ret > 0) {
		size_t left = copy_to_user(buf, bounce, single ? len : ret);

		if (unlikely(left))
			left = vfio_pci_bar_copy_rest(buf, bounce, ret, left);
		ret = ret - left ?: -EFAULT;
	}

	return ret;
}

/* The general case: any request, chunk by chunk. */
static noinline_for_stack ssize_t
vfio_pci_bar_chunks(const struct vfio_pci_bar *bar, char __user *buf, u64 off, size_t count,
		    bool write)
{
	u8 stack[VFIO_PCI_BAR_STACK + VFIO_PCI_BAR_ALIGN] __aligned(VFIO_PCI_BAR_ALIGN);
	u8 *bounce = stack;
	size_t done = 0;
	ssize_t ret;

	/* A store block must not cross a page of its source; the stack buffer might. */
	if (count > VFIO_PCI_BAR_STACK || !bar->io.ops->mapped) {
		bounce = vfio_pci_core_get_bounce(bar->vdev);
		if (!bounce)
			return -ENOMEM;
	}

	for (;;) {
		size_t len = min_t(size_t, count - done,
				   VFIO_PCI_BAR_CHUNK - off % VFIO_PCI_BAR_CHUNK);

		ret = vfio_pci_bar_chunk(bar, buf + done, off, bounce + off % VFIO_PCI_BAR_ALIGN,
					 len, write, false);
		if (ret < 0)
			break;

		done += ret;
		off += ret;
		if (ret < len || done == count || fatal_signal_pending(current))
			break;
		cond_resched();
	}

	if (bounce != stack)
		vfio_pci_core_put_bounce(bar->vdev, bounce);

	return done ?: ret;
}

/* A single access whose width is not 1, 2, 4 or 8. */
static noinline ssize_t
vfio_pci_bar_payload(const struct vfio_pci_bar *bar, char __user *buf, u64 off, size_t count,
		     bool write)
{
	void *bounce = vfio_pci_core_get_bounce(bar->vdev);
	ssize_t ret;

	if (!bounce)
		return -ENOMEM;
	ret = vfio_pci_bar_chunk(bar, buf, off, bounce + off % VFIO_PCI_BAR_ALIGN, count, write,
				 true);
	vfio_pci_core_put_bounce(bar->vdev, bounce);

	return ret;
}

/* s390 builds with -fPIC, so only a static function is certain to be inlined. */
static __always_inline ssize_t
__vfio_pci_bar_user_rw(const struct vfio_pci_bar *bar, char __user *buf, u64 off, size_t count,
		       bool write)
{
	bool single = !bar->rom && vfio_pci_io_is_single(&bar->io, off, count, write);
	u64 val;

	switch (likely(single) ? count : 0) {
	case 8:
		return vfio_pci_bar_chunk(bar, buf, off, &val, 8, write, true);
	case 4:
		return vfio_pci_bar_chunk(bar, buf, off, &val, 4, write, true);
	case 2:
		return vfio_pci_bar_chunk(bar, buf, off, &val, 2, write, true);
	case 1:
		return vfio_pci_bar_chunk(bar, buf, off, &val, 1, write, true);
	default:
		return single ? vfio_pci_bar_payload(bar, buf, off, count, write) :
				vfio_pci_bar_chunks(bar, buf, off, count, write);
	}
}

/**
 * vfio_pci_bar_user_rw() - Carry a request on a map that is not a BAR
 * @bar: the map
 * @buf: the user's buffer
 * @off: offset inside the map
 * @count: bytes, at least 1; @off + @count lies within the map
 * @write: direction
 *
 * Context: as vfio_pci_bar_rw().
 * Return: as vfio_pci_bar_rw().
 */
ssize_t vfio_pci_bar_user_rw(const struct vfio_pci_bar *bar, char __user *buf, u64 off,
			     size_t count, bool write)
{
	return __vfio_pci_bar_user_rw(bar, buf, off, count, write);
}

/* The ROM is mapped memory on every platform. */
static void vfio_pci_bar_limit_rom(struct vfio_pci_bar *bar)
{
	bar->io.ops = &vfio_pci_io_iomem_ops;
	bar->io.max_width = min_not_zero(bar->io.max_width, (u32)VFIO_PCI_ROM_MAX_WIDTH);
}

/*
 * pci_unmap_rom() disables the ROM's decode, and so does pci_map_rom() if it finds no ROM.
 * Hold memory_lock for writing, so that this does not happen during another request's
 * accesses.
 */
static void __iomem *vfio_pci_bar_map_rom_bar(struct vfio_pci_core_device *vdev, size_t *size)
{
	void __iomem *io = IOMEM_ERR_PTR(-EIO);

	down_write(&vdev->memory_lock);
	if (__vfio_pci_memory_enabled(vdev))
		io = pci_map_rom(vdev->pdev, size);
	up_write(&vdev->memory_lock);

	return io;
}

/* Map the option ROM: behind the ROM BAR, or the firmware's copy in memory. */
static noinline int vfio_pci_bar_map_rom(struct vfio_pci_bar *bar)
{
	struct pci_dev *pdev = bar->vdev->pdev;
	size_t size = pdev->romlen;

	vfio_pci_bar_limit_rom(bar);
	bar->rom = pci_resource_start(pdev, PCI_ROM_RESOURCE);
	if (bar->rom) {
		bar->io.base = vfio_pci_bar_map_rom_bar(bar->vdev, &size);
		if (IS_ERR(bar->io.base))
			return PTR_ERR(bar->io.base);
	} else {
		bar->io.base = ioremap(pdev->rom, size);
	}
	if (!bar->io.base)
		return -ENOMEM;
	bar->io.hole_start = size;
	bar->io.hole_size = bar->size - size;

	return 0;
}

static noinline void vfio_pci_bar_unmap_rom(struct vfio_pci_bar *bar)
{
	if (!bar->rom) {
		iounmap(bar->io.base);
		return;
	}

	down_write(&bar->vdev->memory_lock);
	pci_unmap_rom(bar->vdev->pdev, bar->io.base);
	up_write(&bar->vdev->memory_lock);
}

/* -EBUSY if another driver has claimed a BAR that is reached without a map. */
static int vfio_pci_bar_check_claim(struct vfio_pci_core_device *vdev, int bar)
{
	void __iomem *base = READ_ONCE(vdev->barmap[bar]);

	/* If there is a map, or one is just being set up, the claim is ours. */
	if (!base && READ_ONCE(vdev->pdev->resource[bar].child))
		base = vfio_pci_core_get_iomap(vdev, bar);
	if (!IS_ERR_OR_NULL(base))
		return 0;

	return base == IOMEM_ERR_PTR(-EBUSY) ||
	       READ_ONCE(vdev->pdev->resource[bar].child) ? -EBUSY : 0;
}

static __always_inline void vfio_pci_bar_set_hole(struct vfio_pci_bar *bar)
{
	if (bar->io.bar == bar->vdev->msix_bar) {
		bar->io.hole_start = bar->vdev->msix_offset;
		bar->io.hole_size = bar->vdev->msix_size;
	}
}

static __always_inline int __vfio_pci_bar_map(struct vfio_pci_bar *bar)
{
	struct vfio_pci_core_device *vdev = bar->vdev;

	vfio_pci_bar_set_hole(bar);
	if (!bar->io.ops->mapped)
		return vfio_pci_bar_check_claim(vdev, bar->io.bar);

	bar->io.base = vfio_pci_core_get_iomap(vdev, bar->io.bar);

	return PTR_ERR_OR_ZERO(bar->io.base);
}

/**
 * vfio_pci_bar_map() - Find the map of a BAR, which stays until the device is closed
 * @bar: from vfio_pci_bar_init(), not the ROM
 *
 * Context: process context. May sleep.
 * Return: 0, or -EBUSY, -ENODEV or -ENOMEM as for vfio_pci_bar_rw().
 */
int vfio_pci_bar_map(struct vfio_pci_bar *bar)
{
	return __vfio_pci_bar_map(bar);
}

/* Size of the region in bytes, 0 if the function does not have it. */
static u64 vfio_pci_bar_size(struct pci_dev *pdev, unsigned int index)
{
	if (pci_resource_start(pdev, index))
		return pci_resource_len(pdev, index);

	if (index == PCI_ROM_RESOURCE && pdev->rom && pdev->romlen)
		return roundup_pow_of_two(pdev->romlen);

	return 0;
}

/* Name every member, or the compiler clears the whole struct first. */
static __always_inline struct vfio_pci_bar
vfio_pci_bar_of(struct vfio_pci_core_device *vdev, unsigned int index)
{
	struct pci_dev *pdev = vdev->pdev;
	unsigned long flags = pci_resource_flags(pdev, index);

	return (struct vfio_pci_bar) {
		.vdev = vdev,
		.io = {
			.ops = flags & IORESOURCE_IO ? &vfio_pci_io_ioport_ops :
						       vfio_pci_core_bar_ops(vdev),
			.base = NULL,
			.hole_start = 0,
			.hole_size = 0,
			.pdev = pdev,
			.bar = index,
			.max_width = vfio_pci_core_bar_max_width(vdev),
		},
		.size = vfio_pci_bar_size(pdev, index),
		.rom = false,
		.mem = flags & IORESOURCE_MEM,
	};
}

/**
 * vfio_pci_bar_init() - Describe a BAR, except for its map
 * @bar: the structure to fill
 * @vdev: the device, opened
 * @index: BAR index, or PCI_ROM_RESOURCE
 *
 * Context: process context.
 */
void vfio_pci_bar_init(struct vfio_pci_bar *bar, struct vfio_pci_core_device *vdev,
		       unsigned int index)
{
	*bar = vfio_pci_bar_of(vdev, index);
	vfio_pci_bar_set_hole(bar);
	if (index == PCI_ROM_RESOURCE)
		vfio_pci_bar_limit_rom(bar);
}

static ssize_t vfio_pci_bar_region_rw(struct vfio_pci_core_device *vdev, unsigned int index,
				      char __user *buf, size_t count, loff_t *ppos, bool write)
{
	u64 off = vfio_pci_region_offset(vdev, *ppos);
	struct vfio_pci_bar bar = vfio_pci_bar_of(vdev, index);
	bool rom = index == PCI_ROM_RESOURCE;
	ssize_t ret;

	if (off >= bar.size)
		return -EINVAL;
	count = min_t(u64, count, bar.size - off);

	ret = rom ? vfio_pci_bar_map_rom(&bar) : __vfio_pci_bar_map(&bar);
	if (ret)
		return ret;

	ret = __vfio_pci_bar_user_rw(&bar, buf, off, count, write);
	if (rom)
		vfio_pci_bar_unmap_rom(&bar);
	if (ret > 0)
		*ppos += ret;

	return ret;
}

/**
 * vfio_pci_bar_rw() - Carry a user's request on a BAR or the option ROM
 * @vdev: the device, opened, and runtime-resumed by the caller
 * @buf: the user's buffer
 * @count: bytes, at least 1; truncated at the end of the BAR
 * @ppos: file position; advanced by the bytes done
 * @iswrite: direction; the caller refuses writes to the ROM
 *
 * Gives the guarantees of vfio_pci_io.h. In each chunk:
 *
 * - All bytes of a write are in the kernel before its first access.
 * - The memory decode check and all accesses happen in one read section of
 *   memory_lock.
 * - The user's buffer gets only what was read from the device, and 0xff for bytes in
 *   the hole. Bytes beyond the return value are left unchanged.
 *
 * Context: process context, no locks held. Sleeps. Takes memory_lock for reading, and for
 * writing to map and unmap the ROM. Between chunks, yields and stops for a fatal signal.
 * Return: bytes done; fewer than requested only at the end of the BAR, for a fatal
 * signal, or if something failed midway. If no byte was done:
 *
 * * -EINVAL: no such BAR, or the offset is not inside it
 * * -EFAULT: the user's buffer cannot be read (no access happened) or written
 * * -EIO: memory decode is off, the function is in D3, or the ROM cannot be enabled
 * * -ENOMEM: no memory for a bounce buffer or a map, or no valid ROM
 * * -EBUSY: another driver has claimed the BAR
 * * -ENODEV: the BAR cannot be mapped
 * * or the errno of the platform's accessor
 */
ssize_t __flatten vfio_pci_bar_rw(struct vfio_pci_core_device *vdev, char __user *buf,
				  size_t count, loff_t *ppos, bool iswrite)
{
	unsigned int index = vfio_pci_region_index(vdev, *ppos);

	if (index > PCI_ROM_RESOURCE)
		return -EINVAL;
	index = array_index_nospec(index, PCI_ROM_RESOURCE + 1);

	return vfio_pci_bar_region_rw(vdev, index, buf, count, ppos, iswrite);
}
