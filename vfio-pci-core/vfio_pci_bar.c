// SPDX-License-Identifier: GPL-2.0-only
/*
 * A BAR of a vfio_pci_core_device as a struct vfio_pci_io: bounds, hole, ROM,
 * memory decode, user memory.
 *
 * A request is carried in chunks, each inside one 4 KiB page of the BAR. A chunk
 * is: the user's memory, then the decode check and the accesses under one read
 * section of memory_lock, then the user's memory again for a read. User memory is
 * never touched under memory_lock: the fault handler of a BAR's mmap takes it
 * under mmap_lock, so that the other order would deadlock.
 */

#include <linux/build_bug.h>
#include <linux/err.h>
#include <linux/io.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/nospec.h>
#include <linux/pci.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vfio_pci_core.h>
#include <linux/vfio_pci_offset.h>

#include "vfio_pci_bar.h"
#include "vfio_pci_io.h"
#include "vfio_pci_io_cap.h"
#include "vfio_pci_io_run.h"
#include "vfio_pci_vdev.h"

/*
 * No table has an access that reaches across a 4 KiB page of the BAR: the zPCI
 * instructions forbid it, and what is naturally aligned cannot.
 */
#define VFIO_PCI_BAR_CHUNK	SZ_4K

/*
 * Requests up to these many bytes get along without an allocation: tiny ones and blocks
 * always, the others where no access is wider than a register's. Many kernels clear their
 * stack, so short requests have a short buffer.
 */
#define VFIO_PCI_BAR_TINY	8
#define VFIO_PCI_BAR_BLOCK	64
#define VFIO_PCI_BAR_SMALL	64
#define VFIO_PCI_BAR_MEDIUM	512

/*
 * Intel X710 answers 8-byte ROM reads with PCI AER errors, and QEMU reads the
 * whole ROM with one request.
 */
#define VFIO_PCI_ROM_MAX_WIDTH	4

/* What is a run at a glance does not ask for the ROM's lock. */
static_assert(VFIO_PCI_ROM_MAX_WIDTH < VFIO_PCI_IO_SINGLE);

/*
 * Enters the section in which accesses may happen. Returns -EIO, and is not in
 * it, if memory decode is off.
 */
static __always_inline int vfio_pci_bar_begin(struct vfio_pci_core_device *vdev, bool mem)
{
	if (!mem)
		return 0;

	down_read(&vdev->memory_lock);
	if (likely(__vfio_pci_memory_enabled(vdev)))
		return 0;
	up_read(&vdev->memory_lock);

	return -EIO;
}

static __always_inline void vfio_pci_bar_end(struct vfio_pci_core_device *vdev, bool mem)
{
	if (mem)
		up_read(&vdev->memory_lock);
}

static __always_inline ssize_t
vfio_pci_bar_access_single(const struct vfio_pci_bar *bar, u64 off, void *buf, u32 width,
			   bool write, bool mem)
{
	ssize_t ret;

	ret = vfio_pci_bar_begin(bar->vdev, mem);
	if (ret)
		return ret;
	ret = vfio_pci_io_do_single(&bar->io, off, buf, width, write);
	vfio_pci_bar_end(bar->vdev, mem);

	return ret;
}

static __always_inline ssize_t
__vfio_pci_bar_access(const struct vfio_pci_bar *bar, u64 off, void *buf, size_t count,
		      bool write, bool mem)
{
	ssize_t ret;

	ret = vfio_pci_bar_begin(bar->vdev, mem);
	if (ret)
		return ret;
	ret = vfio_pci_io_rw(&bar->io, off, buf, count, write);
	vfio_pci_bar_end(bar->vdev, mem);

	return ret;
}

/* Accesses of which one look has told that they are one run. Nothing is split here. */
static __always_inline ssize_t vfio_pci_bar_access_run(struct vfio_pci_bar *bar, u64 off, void *buf,
						       struct vfio_pci_io_run run, bool write)
{
	ssize_t ret;

	ret = vfio_pci_bar_begin(bar->vdev, bar->mem);
	if (ret)
		return ret;
	ret = vfio_pci_io_do_run(&bar->io, off, buf, run, write);
	vfio_pci_bar_end(bar->vdev, bar->mem);

	return ret;
}

/**
 * vfio_pci_bar_access() - All accesses of one chunk
 * @bar: the BAR, mapped, not the function's ROM
 * @off: offset inside the BAR
 * @buf: kernel buffer, aligned as for vfio_pci_io_rw()
 * @count: bytes, which lie inside one 4 KiB page of the BAR, or are 8 at most
 * @write: direction
 * @test_mem: check memory decode, in one read section of memory_lock with all the
 *	accesses. If not, the caller has, or it does not gate the BAR.
 *
 * Context: process context, memory_lock not held, may sleep. If not @test_mem: any.
 * Return: as vfio_pci_io_rw(), or -EIO without any access if memory decode is off.
 */
ssize_t vfio_pci_bar_access(const struct vfio_pci_bar *bar, u64 off, void *buf,
			    size_t count, bool write, bool test_mem)
{
	if (!vfio_pci_io_is_single(&bar->io, off, count, write))
		return __vfio_pci_bar_access(bar, off, buf, count, write, test_mem);

	if (count == 8)
		return vfio_pci_bar_access_single(bar, off, buf, 8, write, test_mem);
	if (count == 4)
		return vfio_pci_bar_access_single(bar, off, buf, 4, write, test_mem);
	if (count == 2)
		return vfio_pci_bar_access_single(bar, off, buf, 2, write, test_mem);

	return vfio_pci_bar_access_single(bar, off, buf, 1, write, test_mem);
}

static ssize_t vfio_pci_bar_access_rom(struct vfio_pci_bar *bar, u64 off, void *bounce,
				       size_t len)
{
	ssize_t ret;

	if (mutex_lock_killable(bar->rom_lock))
		return -EINTR;

	ret = vfio_pci_bar_begin(bar->vdev, bar->mem);
	if (ret)
		goto unlock;

	/* Another request that ended since our last chunk has turned it off. */
	if (pci_enable_rom(bar->vdev->pdev))
		ret = -EIO;
	else
		ret = vfio_pci_io_rw(&bar->io, off, bounce, len, false);

	vfio_pci_bar_end(bar->vdev, bar->mem);
unlock:
	mutex_unlock(bar->rom_lock);

	return ret;
}

/*
 * Proves that a read's destination can be written, by writing back what it holds: its
 * first byte, and its last if that is in another page, as a chunk is no longer than a
 * page. fault_in_writeable() would leave a zero there if the device then failed,
 * fault_in_safe_writeable() takes mmap_lock for every request. A store by another thread
 * to these very bytes that comes in between is lost; unless the read fails, the read
 * would overwrite it a moment later. Of a register access it is all bytes:
 * vfio_pci_user_writable_word().
 */
static __always_inline bool vfio_pci_user_writable(char __user *buf, size_t len)
{
	char __user *last = buf + len - 1;
	char val;

	might_fault();
	if (!user_access_begin(buf, len))
		return false;
	unsafe_get_user(val, buf, fault);
	unsafe_put_user(val, buf, fault);
	if (offset_in_page(buf) + len > PAGE_SIZE) {
		unsafe_get_user(val, last, fault);
		unsafe_put_user(val, last, fault);
	}
	user_access_end();

	return true;

fault:
	user_access_end();

	return false;
}

/*
 * Bytes of a single access from and to the user's memory, whatever the number is that
 * they make. The compiler knows each width, so nothing has to be looked up for it; and
 * where the user's pointer need not be aligned they are one load or store. Where a read
 * goes to has been looked at, by vfio_pci_user_writable().
 */
#ifdef CONFIG_HAVE_EFFICIENT_UNALIGNED_ACCESS
#define vfio_pci_user_get_one(bytes, buf, type) get_user(*(type *)(bytes), (type __user *)(buf))
#define vfio_pci_user_put_one(bytes, buf, type) __put_user(*(type *)(bytes), (type __user *)(buf))
#else
#define vfio_pci_user_get_one(bytes, buf, type) copy_from_user(bytes, buf, sizeof(type))
#define vfio_pci_user_put_one(bytes, buf, type) __copy_to_user(buf, bytes, sizeof(type))
#endif

/*
 * As vfio_pci_user_writable(), for a width that the compiler knows: all of it at once. Some
 * 32-bit kernels have no __get_user() of 8 bytes, which is no width of theirs anyway.
 */
static __always_inline bool vfio_pci_user_writable_word(char __user *buf, u32 width)
{
	u64 val64;
	u32 val32;
	u16 val16;
	u8 val8;

	if (!IS_ENABLED(CONFIG_HAVE_EFFICIENT_UNALIGNED_ACCESS) || !IS_ENABLED(CONFIG_64BIT))
		return vfio_pci_user_writable(buf, width);

	might_fault();
	if (!user_access_begin(buf, width))
		return false;
	if (width == 8) {
		unsafe_get_user(val64, (u64 __user *)buf, fault);
		unsafe_put_user(val64, (u64 __user *)buf, fault);
	} else if (width == 4) {
		unsafe_get_user(val32, (u32 __user *)buf, fault);
		unsafe_put_user(val32, (u32 __user *)buf, fault);
	} else if (width == 2) {
		unsafe_get_user(val16, (u16 __user *)buf, fault);
		unsafe_put_user(val16, (u16 __user *)buf, fault);
	} else {
		unsafe_get_user(val8, (u8 __user *)buf, fault);
		unsafe_put_user(val8, (u8 __user *)buf, fault);
	}
	user_access_end();

	return true;

fault:
	user_access_end();

	return false;
}

static __always_inline bool vfio_pci_user_get(void *bytes, char __user *buf, u32 width)
{
	if (width == 8)
		return vfio_pci_user_get_one(bytes, buf, u64);
	if (width == 4)
		return vfio_pci_user_get_one(bytes, buf, u32);
	if (width == 1)
		return vfio_pci_user_get_one(bytes, buf, u8);

	return vfio_pci_user_get_one(bytes, buf, u16);
}

static __always_inline bool vfio_pci_user_put(const void *bytes, char __user *buf, u32 width)
{
	if (width == 8)
		return vfio_pci_user_put_one(bytes, buf, u64);
	if (width == 4)
		return vfio_pci_user_put_one(bytes, buf, u32);
	if (width == 1)
		return vfio_pci_user_put_one(bytes, buf, u8);

	return vfio_pci_user_put_one(bytes, buf, u16);
}

/*
 * Where access to the user's memory is an instruction, and its pointer need not be aligned,
 * whole words go between it and the buffer by a load and a store each, a cache line at a
 * time: no call, no check of an object that the callers have on their stack, and no string
 * instruction to start, which together take longer than a short request. That was measured
 * on x86_64; arm64 has such instructions from 6.11 on. On s390 and others each word would
 * be checked or called for by itself. KCSAN would have clang call, for a word of the buffer,
 * what objtool does not want called there.
 */
#define VFIO_PCI_USER_WORDS						\
	(((IS_ENABLED(CONFIG_X86_64) && !IS_ENABLED(CONFIG_UML)) ||	\
	  IS_ENABLED(CONFIG_ARM64)) && !IS_ENABLED(CONFIG_KCSAN))
#define VFIO_PCI_USER_WORD	sizeof(u64)
#define VFIO_PCI_USER_LINE	(8 * VFIO_PCI_USER_WORD)

/* In the buffer, which is aligned as the BAR is. */
struct vfio_pci_user_word {
	u64 bytes;
} __packed;

#define vfio_pci_user_get_word(to, from, off, fault) do {				\
	size_t _off = (off);								\
	u64 _bytes;									\
											\
	unsafe_get_user(_bytes, (const u64 __user *)((from) + _off), fault);		\
	((struct vfio_pci_user_word *)((to) + _off))->bytes = _bytes;			\
} while (0)

#define vfio_pci_user_put_word(to, from, off, fault) do {				\
	size_t _off = (off);								\
											\
	unsafe_put_user(((const struct vfio_pci_user_word *)((from) + _off))->bytes,	\
			(u64 __user *)((to) + _off), fault);				\
} while (0)

/* All bytes of @from, or false. */
static __always_inline bool vfio_pci_user_copy_from(u8 *to, const char __user *from, size_t len)
{
	size_t words = VFIO_PCI_USER_WORDS ? round_down(len, VFIO_PCI_USER_WORD) : 0;
	size_t lines = round_down(words, VFIO_PCI_USER_LINE), done = 0;

	might_fault();
	if (!words || !user_read_access_begin(from, words))
		return !copy_from_user(to, from, len);

	for (; done != lines; done += VFIO_PCI_USER_LINE) {
		vfio_pci_user_get_word(to, from, done + 0, fault);
		vfio_pci_user_get_word(to, from, done + 8, fault);
		vfio_pci_user_get_word(to, from, done + 16, fault);
		vfio_pci_user_get_word(to, from, done + 24, fault);
		vfio_pci_user_get_word(to, from, done + 32, fault);
		vfio_pci_user_get_word(to, from, done + 40, fault);
		vfio_pci_user_get_word(to, from, done + 48, fault);
		vfio_pci_user_get_word(to, from, done + 56, fault);
	}
	for (; done != words; done += VFIO_PCI_USER_WORD)
		vfio_pci_user_get_word(to, from, done, fault);
	user_read_access_end();

	return words == len || !copy_from_user(to + words, from + words, len - words);

fault:
	user_read_access_end();

	return false;
}

/*
 * Returns the bytes copied, fewer than @len only if the user has taken the memory away
 * since vfio_pci_user_writable() looked at it, or if a byte that it did not look at has
 * another tag (arm64 MTE).
 */
static __always_inline size_t vfio_pci_user_copy_to(char __user *to, const u8 *from, size_t len)
{
	size_t words = VFIO_PCI_USER_WORDS ? round_down(len, VFIO_PCI_USER_WORD) : 0;
	size_t lines = round_down(words, VFIO_PCI_USER_LINE), done = 0;

	might_fault();
	if (!words || !user_write_access_begin(to, words))
		return len - copy_to_user(to, from, len);

	for (; done != lines; done += VFIO_PCI_USER_LINE) {
		vfio_pci_user_put_word(to, from, done + 0, fault);
		vfio_pci_user_put_word(to, from, done + 8, fault);
		vfio_pci_user_put_word(to, from, done + 16, fault);
		vfio_pci_user_put_word(to, from, done + 24, fault);
		vfio_pci_user_put_word(to, from, done + 32, fault);
		vfio_pci_user_put_word(to, from, done + 40, fault);
		vfio_pci_user_put_word(to, from, done + 48, fault);
		vfio_pci_user_put_word(to, from, done + 56, fault);
	}
	for (; done != words; done += VFIO_PCI_USER_WORD)
		vfio_pci_user_put_word(to, from, done, fault);
fault:
	user_write_access_end();

	/* After a fault this finds how far it is good. */
	return done == len ? len : len - copy_to_user(to + done, from + done, len - done);
}

static __always_inline ssize_t
vfio_pci_bar_access_words(struct vfio_pci_bar *bar, u64 off, void *bounce, size_t len, bool write)
{
	struct vfio_pci_io_run run = {
		.width = VFIO_PCI_IO_SINGLE,
		.nr = len / VFIO_PCI_IO_SINGLE,
	};

	/* A table that gets nowhere must not look like the end of the BAR. */
	return vfio_pci_bar_access_run(bar, off, bounce, run, write) ?: -EIO;
}

/*
 * One chunk of @len bytes by way of @bounce, which is aligned as @off is. Returns
 * the bytes done, fewer than @len only if something failed midway, or an errno if
 * none is done.
 */
static __always_inline ssize_t vfio_pci_bar_chunk(struct vfio_pci_bar *bar, char __user *buf,
						  u64 off, void *bounce, size_t len, bool write)
{
	ssize_t ret;

	if (write) {
		if (!vfio_pci_user_copy_from(bounce, buf, len))
			return -EFAULT;
	} else if (!vfio_pci_user_writable(buf, len)) {
		return -EFAULT;
	}

	if (vfio_pci_io_is_run(&bar->io, off, len, write))
		ret = vfio_pci_bar_access_words(bar, off, bounce, len, write);
	else if (unlikely(vfio_pci_io_in_hole(&bar->io, off, len)))
		/* Nothing reaches the device, so its decode does not matter. */
		ret = vfio_pci_io_rw(&bar->io, off, bounce, len, write);
	else if (bar->rom_lock)
		ret = vfio_pci_bar_access_rom(bar, off, bounce, len);
	else
		ret = __vfio_pci_bar_access(bar, off, bounce, len, write, bar->mem);

	if (!write && ret > 0)
		ret = vfio_pci_user_copy_to(buf, bounce, ret) ?: -EFAULT;

	return ret;
}

/* Bytes of the chunk that begins at @off, with @left bytes left of the request. */
static size_t vfio_pci_bar_chunk_len(u64 off, size_t left)
{
	return min_t(size_t, left, VFIO_PCI_BAR_CHUNK - off % VFIO_PCI_BAR_CHUNK);
}

/*
 * All chunks. Byte off of the BAR goes by way of byte off % @align of @bounce, which has
 * room for each chunk of this request from there. @align is a power of two.
 */
static ssize_t vfio_pci_bar_chunks(struct vfio_pci_bar *bar, char __user *buf, u64 off,
				   u8 *bounce, size_t align, size_t count, bool write)
{
	size_t done = 0;
	ssize_t ret;

	for (;;) {
		size_t len = vfio_pci_bar_chunk_len(off, count - done);

		ret = vfio_pci_bar_chunk(bar, buf, off, bounce + (off & (align - 1)), len,
					 write);
		if (ret < 0)
			break;

		done += ret;
		if (ret < len || done == count || fatal_signal_pending(current))
			break;

		buf += ret;
		off += ret;
		cond_resched();
	}

	return done ?: ret;
}

/* Aligned by its size it lies in one 4 KiB page, as every table wants it. */
static noinline_for_stack ssize_t
vfio_pci_bar_tiny(struct vfio_pci_bar *bar, char __user *buf, u64 off, size_t count, bool write)
{
	u8 bounce[2 * VFIO_PCI_BAR_TINY] __aligned(2 * VFIO_PCI_BAR_TINY);

	return vfio_pci_bar_chunks(bar, buf, off, bounce, VFIO_PCI_BAR_TINY, count, write);
}

static noinline_for_stack ssize_t
vfio_pci_bar_small(struct vfio_pci_bar *bar, char __user *buf, u64 off, size_t count,
		   bool write)
{
	u8 bounce[VFIO_PCI_BAR_SMALL + VFIO_PCI_IO_SINGLE] __aligned(VFIO_PCI_IO_SINGLE);

	return vfio_pci_bar_chunk(bar, buf, off, bounce + off % VFIO_PCI_IO_SINGLE, count, write);
}

static noinline_for_stack ssize_t
vfio_pci_bar_medium(struct vfio_pci_bar *bar, char __user *buf, u64 off, size_t count,
		    bool write)
{
	u8 bounce[VFIO_PCI_BAR_MEDIUM + VFIO_PCI_IO_SINGLE] __aligned(VFIO_PCI_IO_SINGLE);

	return vfio_pci_bar_chunk(bar, buf, off, bounce + off % VFIO_PCI_IO_SINGLE, count, write);
}

/*
 * For what is longer: a block that one instruction stores, and the like. Aligned by a power
 * of two that is more than its size, the buffer lies in one page. objtool knows no stack of
 * x86 that is aligned by more than 128.
 */
static noinline_for_stack ssize_t
vfio_pci_bar_block(struct vfio_pci_bar *bar, char __user *buf, u64 off, size_t count, bool write)
{
	u8 bounce[VFIO_PCI_BAR_BLOCK + VFIO_PCI_IO_SINGLE] __aligned(2 * VFIO_PCI_BAR_BLOCK);

	return vfio_pci_bar_chunks(bar, buf, off, bounce, VFIO_PCI_IO_SINGLE, count, write);
}

/*
 * A request in one 4 KiB page of a BAR whose accesses are naturally aligned: these cross
 * no page of any buffer that is aligned as the BAR is, modulo the widest of them.
 */
static bool vfio_pci_bar_fits_stack(const struct vfio_pci_bar *bar, u64 off, size_t count,
				    bool write)
{
	return count <= VFIO_PCI_BAR_MEDIUM &&
	       off % VFIO_PCI_BAR_CHUNK + count <= VFIO_PCI_BAR_CHUNK &&
	       vfio_pci_io_align_of(&bar->io, write) == VFIO_PCI_IO_NATURAL &&
	       (write ? bar->io.ops->max_write : bar->io.ops->max_read) <= VFIO_PCI_IO_SINGLE;
}

static noinline ssize_t
vfio_pci_bar_large(struct vfio_pci_bar *bar, char __user *buf, u64 off, size_t count,
		   bool write)
{
	ssize_t ret;
	u8 *bounce;

	/* A page is naturally aligned, as kmalloc() is for all powers of two. */
	bounce = kmalloc(VFIO_PCI_BAR_CHUNK, GFP_KERNEL);
	if (!bounce)
		return -ENOMEM;

	ret = vfio_pci_bar_chunks(bar, buf, off, bounce, VFIO_PCI_BAR_CHUNK, count, write);
	kfree(bounce);

	return ret;
}

/*
 * A request that is one access: a chunk without a bounce buffer and without anything to
 * split. Of a register access this is all the path there is, so that it costs no more
 * than one with no contract. The compiler knows @width and @write.
 */
static __always_inline ssize_t
vfio_pci_bar_single(struct vfio_pci_bar *bar, char __user *buf, u64 off, u32 width, bool write)
{
	u64 bytes;
	ssize_t ret;

	if (write) {
		if (vfio_pci_user_get(&bytes, buf, width))
			return -EFAULT;
	} else if (!vfio_pci_user_writable_word(buf, width)) {
		return -EFAULT;
	}

	ret = vfio_pci_bar_access_single(bar, off, &bytes, width, write, bar->mem);

	/* A table that does less than it was asked for has failed, and defined less. */
	if (unlikely(ret != (ssize_t)width))
		return ret < 0 ? ret : -EIO;

	/* Fails only if the user takes the memory away in the meantime. */
	if (!write && vfio_pci_user_put(&bytes, buf, width))
		return -EFAULT;

	return ret;
}

/* One for each width, so that what depends on it is decided here, once. */
static __always_inline ssize_t
vfio_pci_bar_register(struct vfio_pci_bar *bar, char __user *buf, u64 off, size_t count,
		      bool write)
{
	switch (count) {
	case 8:
		return vfio_pci_bar_single(bar, buf, off, 8, write);
	case 4:
		return vfio_pci_bar_single(bar, buf, off, 4, write);
	case 2:
		return vfio_pci_bar_single(bar, buf, off, 2, write);
	default:
		return vfio_pci_bar_single(bar, buf, off, 1, write);
	}
}

static ssize_t vfio_pci_bar_bounced(struct vfio_pci_bar *bar, char __user *buf, u64 off,
				    size_t count, bool write)
{
	if (count <= VFIO_PCI_BAR_TINY)
		return vfio_pci_bar_tiny(bar, buf, off, count, write);

	if (!vfio_pci_bar_fits_stack(bar, off, count, write))
		return count <= VFIO_PCI_BAR_BLOCK ?
		       vfio_pci_bar_block(bar, buf, off, count, write) :
		       vfio_pci_bar_large(bar, buf, off, count, write);

	if (count <= VFIO_PCI_BAR_SMALL)
		return vfio_pci_bar_small(bar, buf, off, count, write);

	return vfio_pci_bar_medium(bar, buf, off, count, write);
}

static __always_inline ssize_t __vfio_pci_bar_user_rw(struct vfio_pci_bar *bar, char __user *buf,
						      u64 off, size_t count, bool write)
{
	if (!bar->rom_lock && vfio_pci_io_is_single(&bar->io, off, count, write))
		return write ? vfio_pci_bar_register(bar, buf, off, count, true) :
			       vfio_pci_bar_register(bar, buf, off, count, false);

	return vfio_pci_bar_bounced(bar, buf, off, count, write);
}

/**
 * vfio_pci_bar_user_rw() - Carry a request between the user's memory and a BAR
 * @bar: the BAR or ROM, mapped
 * @buf: the user's buffer
 * @off: offset inside the BAR
 * @count: bytes, at least 1; @off + @count lies within the BAR
 * @write: direction
 *
 * What vfio_pci_bar_rw() says of a request is done here.
 *
 * Context: process context. Sleeps. Takes the locks that vfio_pci_bar_rw() names.
 * Return: bytes done, or a negative errno if no byte was done.
 */
ssize_t vfio_pci_bar_user_rw(struct vfio_pci_bar *bar, char __user *buf, u64 off,
			     size_t count, bool write)
{
	return __vfio_pci_bar_user_rw(bar, buf, off, count, write);
}

/* The ROM behind the function's ROM BAR, or its copy that the platform keeps there. */
static int vfio_pci_bar_map_own_rom(struct vfio_pci_bar *bar, size_t *rom_size)
{
	struct vfio_pci_core_device *vdev = bar->vdev;
	int ret;

	bar->rom_lock = vfio_pci_core_rom_lock(vdev);
	if (!bar->rom_lock)
		return -ENOMEM;

	if (mutex_lock_killable(bar->rom_lock))
		return -EINTR;

	/* To find the end of the last image, pci_map_rom() reads the ROM. */
	ret = vfio_pci_bar_begin(bar->vdev, bar->mem);
	if (!ret) {
		bar->io.base = pci_map_rom(vdev->pdev, rom_size);
		vfio_pci_bar_end(bar->vdev, bar->mem);
	}
	mutex_unlock(bar->rom_lock);

	return ret;
}

static int vfio_pci_bar_map_rom(struct vfio_pci_bar *bar)
{
	struct pci_dev *pdev = bar->vdev->pdev;
	size_t rom_size;
	int ret;

	if (pci_resource_start(pdev, PCI_ROM_RESOURCE)) {
		ret = vfio_pci_bar_map_own_rom(bar, &rom_size);
		if (ret)
			return ret;
	} else {
		rom_size = pdev->romlen;
		bar->io.base = ioremap(pdev->rom, rom_size);
	}

	if (!bar->io.base)
		return -ENOMEM;

	bar->io.hole_start = rom_size;
	bar->io.hole_size = bar->size - rom_size;

	return 0;
}

static void vfio_pci_bar_unmap_rom(struct vfio_pci_bar *bar)
{
	struct vfio_pci_core_device *vdev = bar->vdev;

	if (!bar->rom_lock) {
		iounmap(bar->io.base);
		return;
	}

	/*
	 * VFIO_DEVICE_GET_REGION_INFO and resets, which hold memory_lock for
	 * writing, must not find the ROM BAR changing under them.
	 */
	mutex_lock(bar->rom_lock);
	down_read(&vdev->memory_lock);
	pci_unmap_rom(vdev->pdev, bar->io.base);
	up_read(&vdev->memory_lock);
	mutex_unlock(bar->rom_lock);
}

static __always_inline int __vfio_pci_bar_map(struct vfio_pci_bar *bar)
{
	struct vfio_pci_core_device *vdev = bar->vdev;

	if (bar->io.ops->mapped) {
		bar->io.base = vfio_pci_core_get_iomap(vdev, bar->io.bar);
		if (IS_ERR(bar->io.base))
			return PTR_ERR(bar->io.base);
	}

	if (bar->io.bar == vdev->msix_bar) {
		bar->io.hole_start = vdev->msix_offset;
		bar->io.hole_size = vdev->msix_size;
	}

	return 0;
}

/**
 * vfio_pci_bar_map() - Make a BAR ready for its accessors
 * @bar: the BAR, not the ROM
 *
 * Finds its map, if its accessors use one, and its hole.
 *
 * Context: any once it has succeeded for the BAR, else process context. The device
 * is open.
 * Return: 0, or why the BAR has no map (vfio_pci_core_get_iomap()).
 */
int vfio_pci_bar_map(struct vfio_pci_bar *bar)
{
	return __vfio_pci_bar_map(bar);
}

/* Bytes of the region, 0 if the function has none of that index. */
static __always_inline u64 vfio_pci_bar_size(struct pci_dev *pdev, unsigned int index, bool is_rom)
{
	if (pci_resource_start(pdev, index))
		return pci_resource_len(pdev, index);

	if (is_rom && pdev->rom && pdev->romlen)
		return roundup_pow_of_two(pdev->romlen);

	return 0;
}

static __always_inline u32 vfio_pci_bar_max_width(struct pci_dev *pdev, bool is_rom)
{
	u32 max = vfio_pci_io_cap(pdev);

	if (is_rom)
		max = min_not_zero(max, (u32)VFIO_PCI_ROM_MAX_WIDTH);

	return max;
}

static __always_inline const struct vfio_pci_io_ops *
vfio_pci_bar_ops(struct vfio_pci_core_device *vdev, unsigned int index, bool is_rom)
{
	if (pci_resource_flags(vdev->pdev, index) & IORESOURCE_IO)
		return &vfio_pci_io_ioport_ops;

	/* A ROM is memory that has been mapped, whatever way the BARs go. */
	if (is_rom)
		return &vfio_pci_io_iomem_ops;

	return vfio_pci_core_io_ops(vdev);
}

/* Each member is named: the compiler else clears the whole of it first. */
static __always_inline struct vfio_pci_bar
vfio_pci_bar_of(struct vfio_pci_core_device *vdev, unsigned int index, bool is_rom)
{
	struct pci_dev *pdev = vdev->pdev;

	return (struct vfio_pci_bar) {
		.vdev = vdev,
		.size = vfio_pci_bar_size(pdev, index, is_rom),
		.mem = pci_resource_flags(pdev, index) & IORESOURCE_MEM,
		.rom_lock = NULL,
		.io = {
			.ops = vfio_pci_bar_ops(vdev, index, is_rom),
			.base = NULL,
			.hole_start = 0,
			.hole_size = 0,
			.pdev = pdev,
			.bar = index,
			.max_width = vfio_pci_bar_max_width(pdev, is_rom),
		},
	};
}

/**
 * vfio_pci_bar_init() - Fill in what is known of a BAR without mapping it
 * @bar: to be filled in
 * @vdev: the device
 * @index: BAR index or PCI_ROM_RESOURCE
 *
 * Context: any.
 */
void vfio_pci_bar_init(struct vfio_pci_bar *bar, struct vfio_pci_core_device *vdev,
		       unsigned int index)
{
	*bar = vfio_pci_bar_of(vdev, index, index == PCI_ROM_RESOURCE);
}

static noinline ssize_t vfio_pci_bar_rom_rw(struct vfio_pci_core_device *vdev, char __user *buf,
					    size_t count, u64 off, bool iswrite)
{
	struct vfio_pci_bar bar = vfio_pci_bar_of(vdev, PCI_ROM_RESOURCE, true);
	ssize_t ret;

	if (off >= bar.size)
		return -EINVAL;
	count = min_t(u64, count, bar.size - off);

	/* To map the ROM is to read from it, and that too needs a good pointer. */
	if (!vfio_pci_user_writable(buf, vfio_pci_bar_chunk_len(off, count)))
		return -EFAULT;

	ret = vfio_pci_bar_map_rom(&bar);
	if (ret)
		return ret;
	ret = vfio_pci_bar_user_rw(&bar, buf, off, count, iswrite);
	vfio_pci_bar_unmap_rom(&bar);

	return ret;
}

static __always_inline ssize_t
vfio_pci_bar_memory_rw(struct vfio_pci_core_device *vdev, unsigned int index, char __user *buf,
		       size_t count, u64 off, bool iswrite)
{
	struct vfio_pci_bar bar = vfio_pci_bar_of(vdev, index, false);
	ssize_t ret;

	if (off >= bar.size)
		return -EINVAL;
	count = min_t(u64, count, bar.size - off);

	ret = __vfio_pci_bar_map(&bar);
	if (ret)
		return ret;

	return __vfio_pci_bar_user_rw(&bar, buf, off, count, iswrite);
}

/**
 * vfio_pci_bar_rw() - Carry a user's request on a BAR or on the ROM
 * @vdev: the device, opened, and kept out of D3 by the caller
 * @buf: the user's buffer
 * @count: bytes, at least 1
 * @ppos: file position: region index and offset inside the region; advanced by
 *	the bytes done
 * @iswrite: direction; the caller refuses writes to the ROM
 *
 * Carries the request with the guarantees of vfio_pci_io.h. Bytes beyond the end
 * of the BAR are cut off. In each chunk of at most 4096 bytes that does not cross
 * a 4 KiB page of the BAR:
 *
 * - all bytes of a write are in the kernel before its first access, and the
 *   destination of a read is known to be writable before its first access;
 * - the memory decode check and all accesses happen in one read section of
 *   memory_lock.
 *
 * Between chunks it yields, and it stops for a fatal signal.
 *
 * Context: process context, no locks held. Sleeps. Takes memory_lock for reading;
 * for the ROM the device's rom_lock, and memory_lock under it.
 * Return: bytes done; fewer than asked only at the BAR's end, for a fatal signal,
 * or if something failed midway. If no byte was done:
 *
 * * -EINVAL: no such BAR, or the offset is not inside it
 * * -EFAULT: the user's memory cannot be read or written
 * * -EIO: memory decode is off, or the function is in D3
 * * -ENOMEM: no memory for a request that needs a buffer, which is never one of 64
 *   bytes or less; no valid ROM, or no memory for its map and lock
 * * -EBUSY, -ENOMEM, -ENODEV: the BAR is claimed by another driver, or cannot be
 *   mapped
 * * -EINTR: a fatal signal while another request reads the ROM
 * * or the errno of the platform's accessor
 */
ssize_t vfio_pci_bar_rw(struct vfio_pci_core_device *vdev, char __user *buf,
			size_t count, loff_t *ppos, bool iswrite)
{
	unsigned int index = vfio_pci_offset_index(*ppos);
	u64 off = vfio_pci_offset_in_region(*ppos);
	ssize_t ret;

	if (index > PCI_ROM_RESOURCE)
		return -EINVAL;
	index = array_index_nospec(index, PCI_ROM_RESOURCE + 1);

	if (unlikely(index == PCI_ROM_RESOURCE))
		ret = vfio_pci_bar_rom_rw(vdev, buf, count, off, iswrite);
	else
		ret = vfio_pci_bar_memory_rw(vdev, index, buf, count, off, iswrite);

	if (ret > 0)
		*ppos += ret;

	return ret;
}
