// SPDX-License-Identifier: GPL-2.0-only
/*
 * The world in which the code under test runs a case: a device, user memory, locks. Each
 * function here does what the kernel's does, and fails if it is called where it must not
 * be.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>

#include "fuzz.h"
#include "vfio_pci_bar.h"
#include "vfio_pci_io.h"
#include "vfio_pci_io_trace.h"
#include "vfio_pci_io_zpci.h"
#include "vfio_pci_vdev.h"
#include "in-tree/vfio_pci_bar_value.h"

#ifdef __SANITIZE_MEMORY__
#define FUZZ_MSAN 1
#elif defined(__has_feature)
#if __has_feature(memory_sanitizer)
#define FUZZ_MSAN 1
#endif
#endif
#ifdef FUZZ_MSAN
#include <sanitizer/msan_interface.h>
#endif

#ifdef __SANITIZE_ADDRESS__
#define FUZZ_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FUZZ_ASAN 1
#endif
#endif
#ifdef FUZZ_ASAN
#include <sanitizer/asan_interface.h>
#endif

/* vfio_pci_io_iomem.c built once more, as for a 32-bit kernel. */
extern const struct vfio_pci_io_ops fuzz_iomem32_ops;

#define MEM_BASE	BIT_ULL(60)
#define PORT_BASE	0x10000ULL
#define VENDOR		0x1234
#define DEVICE		0x5678

static const struct fuzz_case *c;
static struct fuzz_outcome *out;

static u8 patterns[0x10000 + ARENA];
static u8 arena[ARENA] __aligned(4096);

static struct pci_dev pdev;
static struct vfio_pci_core_device vdev;

static struct {
	bool decode;
	bool rom_decode;
	bool rom_mapped;
	bool platform_rom_mapped;
	bool clamped;
	bool signal;
	u32 sections;
	u32 rom_enabled;
	u32 buffers;
	bool asked_for_buffer;
	bool got_buffer;
	u32 traced;
	u64 hole_start;
	u64 hole_size;
	/* Bytes that the device has returned, from fuzz_window() on. */
	bool given[WINDOW];
	/* Bytes of the arena that a copy from or to it has covered, even if it failed. */
	bool copied[2][ARENA];
} now;

static struct spinlock *spinning;

static ssize_t (*patched)(struct vfio_pci_core_device *vdev, char *buf, size_t count,
			  loff_t *ppos, bool iswrite);

void fuzz_fill(const struct fuzz_case *of, struct fuzz_outcome *filled)
{
	memcpy(filled->dev, patterns + of->seed, WINDOW);
	memcpy(filled->user, patterns + (of->seed ^ 0x8000), ARENA);
	filled->nr = 0;
	filled->ret = 0;
	filled->moved = 0;
}

void fuzz_warned(const char *cond, const char *file, int line)
{
	fuzz_fail("WARN_ON_ONCE(%s) at %s:%d", cond, file, line);
}

static bool memory_locked(void)
{
	return vdev.memory_lock.readers || vdev.memory_lock.writers;
}

static void may_sleep(const char *what)
{
	if (memory_locked())
		fuzz_fail("%s with memory_lock held", what);
	if (spinning)
		fuzz_fail("%s with a spinlock held", what);
}

static void set_hole(u64 start, u64 size)
{
	now.hole_start = start;
	now.hole_size = size;
}

/* ---- our memory ---- */

/* Like kmalloc() of a power of two: naturally aligned, so it crosses no page. */
static void *new_buffer(void)
{
	void *ptr;

	if (posix_memalign(&ptr, PAGE, PAGE))
		abort();
	now.buffers++;

	return ptr;
}

/* A buffer that the device keeps must not be touched. */
static void *retire_buffer(void *ptr)
{
#ifdef FUZZ_ASAN
	__asan_poison_memory_region(ptr, PAGE);
#endif

	return ptr;
}

/* The content left by an earlier request must not matter. */
static void *issue_buffer(void *ptr)
{
	now.got_buffer = true;
#ifdef FUZZ_ASAN
	__asan_unpoison_memory_region(ptr, PAGE);
#endif
#ifdef FUZZ_MSAN
	__msan_poison(ptr, PAGE);
#else
	memset(ptr, 0xdb, PAGE);
#endif

	return ptr;
}

void *kmalloc(size_t size, int flags)
{
	(void)flags;
	may_sleep("kmalloc()");
	if (size != PAGE || !now.asked_for_buffer || now.got_buffer)
		fuzz_fail("an unneeded kmalloc(%zu)", size);

	return c->no_memory ? NULL : issue_buffer(new_buffer());
}

void kfree(void *ptr)
{
	if (!ptr)
		return;
	if (!now.buffers--)
		fuzz_fail("kfree() of a freed buffer");
#ifdef FUZZ_ASAN
	__asan_unpoison_memory_region(ptr, PAGE);
#endif
	free(ptr);
}

/* A request takes the buffer that the device keeps. */
void *fuzz_xchg(void **ptr, void *val)
{
	void *old = *ptr;

	if (ptr != &vdev.bar_bounce || val)
		fuzz_fail("xchg() of something else");
	if (!fuzz_needs_bounce(c) || now.asked_for_buffer)
		fuzz_fail("a request takes a buffer that it does not need");
	now.asked_for_buffer = true;
	*ptr = NULL;

	return old ? issue_buffer(old) : NULL;
}

/* A request gives the buffer back. */
void *fuzz_cmpxchg(void **ptr, void *old, void *val)
{
	if (ptr != &vdev.bar_bounce || old || !now.got_buffer)
		fuzz_fail("cmpxchg() of something else");
	if (c->beside && !*ptr)
		*ptr = retire_buffer(new_buffer());
	if (*ptr)
		return *ptr;
	*ptr = retire_buffer(val);

	return NULL;
}

/* ---- the user's memory ---- */

static bool user_can(u32 at, bool write)
{
	u32 page = at / PAGE;

	if (c->vanish_at && out->nr >= c->vanish_at && page == c->vanish_page)
		return false;

	return at != c->bad_byte && ((write ? c->writable : c->readable) >> page & 1);
}

/* The offset in the arena that the code under test accesses. */
static u32 user_at(const void *ptr, size_t n, const char *what)
{
	u64 at = (u64)ptr - (u64)arena;

	may_sleep(what);
	if (at < c->buf || n > c->cut || at + n > c->buf + c->cut)
		fuzz_fail("%s of %zu bytes at %#llx of the arena", what, n, at);

	return at;
}

/* No byte may be copied twice, nor read twice from a source. */
static void copy_once(u32 at, bool to, const char *what)
{
	if (now.copied[to][at])
		fuzz_fail("%s of byte %#x of the user's memory again", what, at);
	now.copied[to][at] = true;
}

unsigned long copy_from_user(void *to, const void *from, unsigned long n)
{
	u32 at = user_at(from, n, "copy_from_user()");
	unsigned long i;

	if (!c->write && c->entry != ENTRY_FEATURE)
		fuzz_fail("a read accesses the user's memory");
	for (i = 0; i < n; i++)
		copy_once(at + i, false, "copy_from_user()");
	for (i = 0; i < n && user_can(at + i, false); i++)
		;
	memcpy(to, arena + at, i);
	memset((u8 *)to + i, 0, n - i);

	return n - i;
}

/* May the user get this byte? Only if the device returned it, or 0xff in a hole. */
static bool is_given(u32 at, u8 byte)
{
	u64 off = c->off + (at - c->buf);

	if (off - now.hole_start < now.hole_size)
		return byte == 0xff;

	return now.given[off - fuzz_window(c)] && byte == out->dev[off - fuzz_window(c)];
}

/*
 * Count as riscv does, which is the least exact: if the first @i bytes can be stored and
 * the next cannot, only multiples of 64 count.
 */
static unsigned long counted(unsigned long i, unsigned long n)
{
	if (i == n)
		return n;

	return i - i % 64;
}

unsigned long copy_to_user(void *to, const void *from, unsigned long n)
{
	u32 at = user_at(to, n, "copy_to_user()");
	const u8 *bytes = from;
	unsigned long i, good;

	if (c->write && c->entry != ENTRY_FEATURE)
		fuzz_fail("a write changes the user's memory");
#ifdef FUZZ_MSAN
	__msan_check_mem_is_initialized(from, n);
#endif
	for (i = 0; i < n; i++)
		if (c->entry != ENTRY_FEATURE && !is_given(at + i, bytes[i]))
			fuzz_fail("copy_to_user() of what the device did not return");
	for (i = 0; i < n && user_can(at + i, true); i++)
		;
	memcpy(arena + at, from, i);
	good = counted(i, n);
	for (i = 0; i < good; i++)
		copy_once(at + i, true, "copy_to_user()");

	return n - good;
}

/* ---- locks and signals ---- */

/* Another task held it for writing just before: it may have disabled the ROM. */
static void begin_section(void)
{
	if (memory_locked())
		fuzz_fail("memory_lock taken twice");
	now.rom_decode = false;
	now.sections++;
	if (c->decode_off_at && now.sections >= c->decode_off_at)
		now.decode = false;
}

void down_read(struct rw_semaphore *sem)
{
	begin_section();
	sem->readers++;
}

void up_read(struct rw_semaphore *sem)
{
	if (--sem->readers)
		fuzz_fail("memory_lock released twice");
}

void down_write(struct rw_semaphore *sem)
{
	may_sleep("down_write()");
	begin_section();
	sem->writers++;
}

void up_write(struct rw_semaphore *sem)
{
	if (--sem->writers)
		fuzz_fail("memory_lock released twice");
}

void spin_lock(struct spinlock *lock)
{
	if (lock->held++)
		fuzz_fail("a spinlock taken twice");
	spinning = lock;
}

void spin_unlock(struct spinlock *lock)
{
	if (--lock->held)
		fuzz_fail("a spinlock released twice");
	spinning = NULL;
}

int fatal_signal_pending(struct task_struct *task)
{
	(void)task;

	return now.signal || (c->signal_at && out->nr + 1 >= c->signal_at);
}

void cond_resched(void)
{
	may_sleep("cond_resched()");
}

unsigned int fuzz_array_index_nospec(unsigned int index, unsigned int size)
{
	now.clamped = true;

	return index < size ? index : 0;
}

/* ---- the device ---- */

struct fuzz_resource *fuzz_resource(struct pci_dev *dev, unsigned int index)
{
	if ((c->entry == ENTRY_BAR || c->entry == ENTRY_FEATURE) && !now.clamped)
		fuzz_fail("a resource looked up by an index that speculation may have chosen");
	if (index > PCI_ROM_RESOURCE)
		fuzz_fail("resource %u", index);

	return &dev->resource[index];
}

bool __vfio_pci_memory_enabled(struct vfio_pci_core_device *dev)
{
	(void)dev;
	if (!memory_locked())
		fuzz_fail("memory decode checked without memory_lock");

	return now.decode;
}

static bool reached_by_instructions(void)
{
	return c->region == REGION_MEM && c->table >= TABLE_STRICT;
}

static bool gated(void)
{
	if (c->entry == ENTRY_BAR)
		return c->region == REGION_MEM || c->region == REGION_ROM;

	return c->test_mem;
}

/* Every access comes here first. NULL if it fails. */
static u8 *device_access(u64 off, u32 width)
{
	u64 at = off - fuzz_window(c);
	struct fuzz_access *access;

	if (off < fuzz_window(c) || at + width > WINDOW || off + width > c->size)
		fuzz_fail("an access of %u bytes at %#llx, far outside the request", width, off);
	if (off < now.hole_start + now.hole_size && off + width > now.hole_start &&
	    now.hole_size)
		fuzz_fail("an access of %u bytes at %#llx, which touches the hole", width, off);
	if (gated() && (!vdev.memory_lock.readers || !now.decode))
		fuzz_fail("an access at %#llx without %s", off,
			  now.decode ? "memory_lock" : "memory decode");
	if (c->region == REGION_ROM && !now.rom_decode)
		fuzz_fail("an access to the ROM without its decode");
	if (out->nr == COUNT_MAX)
		fuzz_fail("endless accesses");

	access = &out->access[out->nr++];
	access->off = off;
	access->width = width;
	access->failed = out->nr == c->fail_at;
	if (!access->failed && !c->write)
		memset(now.given + at, true, width);

	return access->failed ? NULL : &out->dev[at];
}

static u64 base(void)
{
	return c->region == REGION_PORT ? PORT_BASE : MEM_BASE;
}

static u8 *mmio(const void *addr, u32 width)
{
	u64 off = (u64)addr - base();

	if (c->region == REGION_ROM && !now.rom_mapped)
		fuzz_fail("an access to a ROM that is not mapped");
	if (c->region == REGION_PLATFORM_ROM && !now.platform_rom_mapped)
		fuzz_fail("an access to the platform's ROM, which is not mapped");
	if (reached_by_instructions() && c->entry != ENTRY_MAP && c->entry != ENTRY_ONE)
		fuzz_fail("MMIO to a zPCI function");

	return device_access(off, width);
}

static u64 mmio_read(const void *addr, u32 width)
{
	u64 val = 0;

	memcpy(&val, mmio(addr, width), width);

	return val;
}

static void mmio_write(u64 val, void *addr, u32 width)
{
	memcpy(mmio(addr, width), &val, width);
}

/* These functions may be used on memory only. */
static const void *memory(const void *addr)
{
	if (c->region == REGION_PORT)
		fuzz_fail("a memory access to a port");

	return addr;
}

u64 readq(const void *addr)
{
	return mmio_read(memory(addr), 8);
}

u32 ioread32(const void *addr)
{
	return mmio_read(addr, 4);
}

u16 ioread16(const void *addr)
{
	return mmio_read(addr, 2);
}

u8 ioread8(const void *addr)
{
	return mmio_read(addr, 1);
}

void writeq(u64 val, void *addr)
{
	memory(addr);
	mmio_write(val, addr, 8);
}

void iowrite32(u32 val, void *addr)
{
	mmio_write(val, addr, 4);
}

void iowrite16(u16 val, void *addr)
{
	mmio_write(val, addr, 2);
}

void iowrite8(u8 val, void *addr)
{
	mmio_write(val, addr, 1);
}

/* The accesses of a run before the one that fails. */
static u32 good_accesses(u32 nr)
{
	if (!c->fail_at || out->nr + nr < c->fail_at)
		return nr;

	return c->fail_at - out->nr - 1;
}

static const struct vfio_pci_io_ops *inner;

static ssize_t failing(ssize_t done, u64 off, u32 width)
{
	device_access(off, width);

	return done ?: c->fail_error;
}

static ssize_t failing_read(const struct vfio_pci_io *io, u64 off, void *buf, u32 width, u32 nr)
{
	u32 good = good_accesses(nr);
	ssize_t done = good ? inner->read(io, off, buf, width, good) : 0;

	return good == nr ? done : failing(done, off + done, width);
}

static ssize_t failing_write(const struct vfio_pci_io *io, u64 off, const void *buf, u32 width,
			     u32 nr)
{
	u32 good = good_accesses(nr);
	ssize_t done = good ? inner->write(io, off, buf, width, good) : 0;

	return good == nr ? done : failing(done, off + done, width);
}

/* ENTRY_FEATURE must not map anything. */
static void may_map(const char *what)
{
	if (c->entry == ENTRY_FEATURE)
		fuzz_fail("%s for the feature", what);
}

void *vfio_pci_core_get_iomap(struct vfio_pci_core_device *dev, unsigned int bar)
{
	(void)dev;
	may_sleep("vfio_pci_core_get_iomap()");
	may_map("vfio_pci_core_get_iomap()");
	if (bar != c->index)
		fuzz_fail("the map of BAR %u", bar);
	if (reached_by_instructions() && !pdev.resource[bar].child)
		fuzz_fail("a map is requested for a BAR that may have none");

	return c->no_iomap ? IOMEM_ERR_PTR(c->no_iomap) : (void *)base();
}

/* ---- the ROM ---- */

/* These two may disable the ROM under other requests. */
static void rom_section(const char *what)
{
	if (!vdev.memory_lock.writers)
		fuzz_fail("%s without memory_lock held for writing", what);
}

void *pci_map_rom(struct pci_dev *dev, size_t *size)
{
	(void)dev;
	may_map("pci_map_rom()");
	rom_section("pci_map_rom()");
	if (!now.decode)
		fuzz_fail("pci_map_rom() without memory decode");
	if (c->no_rom)
		return NULL;
	*size = c->rom_size;
	set_hole(c->rom_size, c->size - c->rom_size);
	now.signal = c->signal_at == SIGNAL_MAPPING;
	now.rom_mapped = true;
	now.rom_decode = true;

	return (void *)MEM_BASE;
}

void pci_unmap_rom(struct pci_dev *dev, void *rom)
{
	(void)dev;
	rom_section("pci_unmap_rom()");
	if (!now.rom_mapped || rom != (void *)MEM_BASE)
		fuzz_fail("pci_unmap_rom() of what is not mapped");
	now.rom_mapped = false;
}

int pci_enable_rom(struct pci_dev *dev)
{
	(void)dev;
	if (!vdev.memory_lock.readers)
		fuzz_fail("pci_enable_rom() without memory_lock");
	if (++now.rom_enabled == c->rom_fail_at)
		return -1;
	now.rom_decode = true;

	return 0;
}

void *ioremap(u64 phys, size_t size)
{
	may_map("ioremap()");
	if (phys != 0x1000 || size != c->rom_size)
		fuzz_fail("ioremap(%#llx, %zu)", phys, size);
	if (c->no_rom)
		return NULL;
	set_hole(c->rom_size, c->size - c->rom_size);
	now.platform_rom_mapped = true;

	return (void *)MEM_BASE;
}

void iounmap(void *addr)
{
	if (!now.platform_rom_mapped || addr != (void *)MEM_BASE)
		fuzz_fail("iounmap() of what is not mapped");
	now.platform_rom_mapped = false;
}

/* ---- zPCI ---- */

/* The bytes of one instruction, which must use the current handle. */
static u8 *instruction(u64 req, u64 off, bool allowed)
{
	u32 len = req & 0xffff;

	if (req >> 32 != pdev.fh)
		fuzz_fail("an instruction with an old function handle");
	if ((req >> 16 & 0xffff) != c->index)
		fuzz_fail("an instruction for BAR %llu", req >> 16 & 0xffff);
	if (!allowed)
		fuzz_fail("an instruction of %u bytes at %#llx that the function does not support",
			  len, off);
	/* A reset may follow each instruction and change the handle. */
	pdev.fh += 0x01000000;

	return device_access(off, len);
}

static bool register_allowed(u64 off, u32 len)
{
	if (c->table == TABLE_RELAXED)
		return len >= 1 && off % 8 + len <= 8;

	return (len == 1 || len == 2 || len == 4 || len == 8) && off % len == 0;
}

static bool block_allowed(u64 off, u32 len, const void *src)
{
	u64 from = (u64)src;

	if (len < 1 || len > max(c->maxstbl, 8U) || off % PAGE + len > PAGE ||
	    from % PAGE + len > PAGE)
		return false;

	return c->table == TABLE_RELAXED ||
	       (len > 8 && off % 8 == 0 && len % 8 == 0 && from % 8 == 0);
}

int __zpci_load(u64 *data, u64 req, u64 offset)
{
	u32 len = req & 0xffff, i;
	u8 *bytes = instruction(req, offset, register_allowed(offset, len));

	if (!bytes)
		return c->fail_error;
	/* The register's bytes that are not loaded are undefined. */
	*data = 0xa5a5a5a5a5a5a5a5ULL;
	for (i = 0; i < len; i++)
		*data = *data << 8 | bytes[i];

	return 0;
}

int __zpci_store(u64 data, u64 req, u64 offset)
{
	u32 len = req & 0xffff, i;
	u8 *bytes = instruction(req, offset, c->table == TABLE_STRICT &&
				register_allowed(offset, len));

	if (!bytes)
		return c->fail_error;
	for (i = 0; i < len; i++)
		bytes[i] = data >> 8 * (len - 1 - i);

	return 0;
}

int __zpci_store_block(const u64 *data, u64 req, u64 offset)
{
	u32 len = req & 0xffff;
	u8 *bytes = instruction(req, offset, block_allowed(offset, len, data));
	/* Relaxed alignment permits any address, which UBSan does not expect of a u64. */
	const u8 *source = (const u8 *)data;

	if (!bytes)
		return c->fail_error;
	memcpy(bytes, source, len);

	return 0;
}

/* ---- the tracepoint ---- */

bool trace_vfio_pci_bar_access_enabled(void)
{
	return c->trace;
}

void trace_vfio_pci_bar_access(const struct vfio_pci_io *io, u64 off, u32 width, bool write,
			       int error)
{
	const struct fuzz_access *access = &out->access[now.traced];
	/* ENTRY_ONE passes the address of its access as the base, so the offset is 0. */
	u64 begin = c->entry == ENTRY_ONE ? c->off : 0;

	if (now.traced++ >= out->nr)
		fuzz_fail("the tracepoint reports an access that did not happen");
	if (begin + off != access->off || width != access->width || !error != !access->failed ||
	    error > 0 || write != c->write || io->pdev != &pdev)
		fuzz_fail("the tracepoint reports %u at %#llx error %d instead of %u at %#llx",
			  width, off, error, access->width, access->off);
}

/* ---- module parameters ---- */

void fuzz_pr_err(const char *fmt, ...)
{
	(void)fmt;
}

static int digit(char character)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = character ? strchr(digits, character | 0x20) : NULL;

	return at ? at - digits : INT_MAX;
}

/* Parse an unsigned number of at most @width digits. NULL if there is none. */
static const char *scan(const char *str, int width, int radix, unsigned int *val)
{
	while (isspace((unsigned char)*str))
		str++;
	if (digit(*str) >= radix)
		return NULL;
	for (*val = 0; width && digit(*str) < radix; width--, str++)
		*val = *val * radix + digit(*str);

	return str;
}

/* Supports %<width>x, %<width>u and %n; no text of a case has a number with 0x. */
int fuzz_sscanf(const char *str, const char *fmt, ...)
{
	const char *begin = str;
	va_list args;
	int nr = 0;

	va_start(args, fmt);
	for (; *fmt; fmt++) {
		char *conversion;
		int width;

		if (*fmt != '%') {
			if (*fmt != *str++)
				break;
			continue;
		}
		width = strtol(fmt + 1, &conversion, 10);
		fmt = conversion;
		if (*fmt == 'n') {
			*va_arg(args, int *) = str - begin;
			continue;
		}
		str = scan(str, width, *fmt == 'x' ? 16 : 10, va_arg(args, unsigned int *));
		if (!str)
			break;
		nr++;
	}
	va_end(args);

	return nr;
}

int sysfs_emit_at(char *buf, int at, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(buf + at, PAGE - at, fmt, args);
	va_end(args);

	return len;
}

static int set_limits(const char *text)
{
	return fuzz_param_bar_max_width.ops->set(text, &fuzz_param_bar_max_width);
}

static int get_limits(char *buf)
{
	return fuzz_param_bar_max_width.ops->get(buf, &fuzz_param_bar_max_width);
}

static void expect(bool what, const char *text)
{
	if (what)
		return;
	fprintf(stderr, "FUZZ FAILED: %s\n", text);
	abort();
}

/* ---- the livepatch ---- */

static bool no_patch, foreign_core;

int compat_vfio_pci_check_origin(const struct module *mod)
{
	(void)mod;

	return foreign_core ? -ENOEXEC : 0;
}

int klp_enable_patch(struct klp_patch *patch)
{
	int ret;

	expect(!strcmp(patch->objs->name, "vfio_pci_core") && !patch->objs[1].name,
	       "another module is patched");
	expect(!strcmp(patch->objs->funcs->old_name, "vfio_pci_bar_rw") &&
	       !patch->objs->funcs[1].old_name, "another function is patched");
	if (no_patch)
		return -EINVAL;
	ret = patch->objs->callbacks.pre_patch(patch->objs);
	if (ret)
		return ret;
	patched = patch->objs->funcs->new_func;

	return 0;
}

/* ---- a case ---- */

static void init_patterns(void)
{
	u64 state = 1;
	size_t i;

	for (i = 0; i < sizeof(patterns); i++) {
		state = state * 6364136223846793005ULL + 1442695040888963407ULL;
		patterns[i] = state >> 56;
	}
}

void fuzz_init(void)
{
	static struct fuzz_case none;

	c = &none;
	init_patterns();
	expect(fuzz_platform_ops(&pdev) == &vfio_pci_io_iomem_ops,
	       "without zPCI, the table is not that for MMIO");
	expect(!fuzz_platform_limit(&pdev), "without zPCI, there is a limit");
	no_patch = true;
	expect(fuzz_module_init() == -EINVAL && !patched,
	       "the livepatch loads although it cannot be enabled");
	no_patch = false;
	foreign_core = true;
	expect(fuzz_module_init() == -ENOEXEC && !patched, "the livepatch loads on another core");
	foreign_core = false;
	expect(!fuzz_module_init() && patched, "the livepatch does not load");
	fuzz_module_exit();
}

/* Selects any table of memory BARs, as each can be a platform's. */
const struct vfio_pci_io_ops *vfio_pci_io_zpci_ops(struct pci_dev *dev)
{
	static struct vfio_pci_io_ops failing_ops;

	if (c->table >= TABLE_STRICT)
		return fuzz_zpci_ops(dev);

	inner = c->table == TABLE_IOMEM32 ? &fuzz_iomem32_ops : &vfio_pci_io_iomem_ops;
	failing_ops = *inner;
	failing_ops.read = failing_read;
	failing_ops.write = failing_write;

	return &failing_ops;
}

/* Only zPCI has a limit. */
u32 vfio_pci_io_zpci_limit(struct pci_dev *dev)
{
	return c->table >= TABLE_STRICT ? fuzz_zpci_limit(dev) : 0;
}

static void set_up_device(void)
{
	struct fuzz_resource *resource = &pdev.resource[c->index];

	memset(&pdev, 0, sizeof(pdev));
	pdev.vendor = VENDOR;
	pdev.device = DEVICE;
	if (c->table == TABLE_RELAXED) {
		pdev.vendor = PCI_VENDOR_ID_IBM;
		pdev.device = 0x04ed;
	}
	pdev.fh = 0x80000001;
	pdev.maxstbl = c->maxstbl;
	if (c->region == REGION_PLATFORM_ROM) {
		pdev.rom = 0x1000;
		pdev.romlen = c->rom_size;
	} else if (c->region != REGION_NONE) {
		resource->start = 0x100000;
		resource->len = c->size;
		resource->flags = c->region == REGION_PORT ? IORESOURCE_IO : IORESOURCE_MEM;
	}

	memset(&vdev, 0, sizeof(vdev));
	vdev.pdev = &pdev;
	vdev.region_shift = c->large ? VFIO_PCI_REGION_SHIFT_LARGE : VFIO_PCI_REGION_SHIFT;
	vdev.msix_bar = c->hole_size ? (int)c->index : -1;
	vdev.msix_offset = c->hole_start;
	vdev.msix_size = c->hole_size;
	/*
	 * A kernel that maps BARs when the device is opened keeps the error, others do not.
	 * A claim adds a child to the resource: another driver's, or ours, whose map may not
	 * be set up yet.
	 */
	if (c->region == REGION_MEM && c->seed % 2)
		vdev.barmap[c->index] = c->no_iomap ? IOMEM_ERR_PTR(c->no_iomap) : (void *)MEM_BASE;
	if (c->region == REGION_MEM &&
	    (c->no_iomap == -EBUSY || (c->seed % 4 && !c->no_iomap) || fuzz_claimed_unmapped(c)))
		resource->child = &vdev;
}

static void set_bar_max_width(const char *text)
{
	if (set_limits(text))
		fuzz_fail("bar_max_width=%s is refused", text);
}

/* The limit is latched when the device is opened. */
static void open_device(void)
{
	u16 vendor = pdev.vendor, device = pdev.device;
	char text[80];
	int len;

	len = sprintf(text, "%u", c->limit);
	if (c->has_id)
		len = sprintf(text, "%04x:%04x:1,%u,%04x:%04x:%u", vendor, device, c->limit,
			      vendor, device, c->id_limit);
	if (c->limit)
		sprintf(text + len, ",%04x:%04x:2,%04x:%04x:2", vendor ^ 1, device, vendor,
			device ^ 1);
	set_bar_max_width(text);
	vfio_pci_core_bar_open(&vdev);
	set_bar_max_width(c->seed % 2 ? "1" : "0");
}

static void set_up(void)
{
	memset(&now, 0, sizeof(now));
	now.decode = true;
	if (c->entry != ENTRY_ONE)
		set_hole(c->hole_start, c->hole_size);
	set_up_device();
	open_device();
}

/* The device keeps one buffer until it is closed, if a request has needed one. */
static void close_device(void)
{
	if (!vdev.bar_bounce && (now.got_buffer || c->kept))
		fuzz_fail("the device has not kept its buffer");
	if (now.buffers != !!vdev.bar_bounce)
		fuzz_fail("memory leaks");
	vfio_pci_core_bar_close(&vdev);
	if (vdev.bar_bounce || now.buffers)
		fuzz_fail("the device has a buffer after it is closed");
}

static void check_nothing_left(void)
{
	if (memory_locked())
		fuzz_fail("a lock is held after the end");
	close_device();
	if (now.rom_mapped || now.platform_rom_mapped)
		fuzz_fail("the ROM is still mapped");
	if (c->trace && now.traced != out->nr)
		fuzz_fail("the tracepoint reports %u accesses of %u", now.traced, out->nr);
}

static ssize_t run_bar(void)
{
	loff_t pos = c->pos;
	ssize_t ret = patched(&vdev, (char *)arena + c->buf, c->count, &pos, c->write);

	out->moved = (u64)pos - c->pos;

	return ret;
}

static ssize_t run_map(void)
{
	u64 hole_end = c->hole_size ? c->hole_start + c->hole_size : 0;

	return vfio_pci_core_do_io_rw(&vdev, c->test_mem, (void *)base(), (char *)arena + c->buf,
				      c->off, c->cut, c->hole_start, hole_end, c->write,
				      (enum vfio_pci_io_width)c->max_width);
}

/* ---- drivers, none of which may be called here ---- */

ssize_t vfio_pci_core_read(struct vfio_device *device, char *buf, size_t count, loff_t *ppos)
{
	(void)device;
	(void)buf;
	fuzz_fail("a read of %zu bytes at %#llx for the feature", count, (u64)*ppos);
}

ssize_t vfio_pci_core_write(struct vfio_device *device, const char *buf, size_t count, loff_t *ppos)
{
	(void)device;
	(void)buf;
	fuzz_fail("a write of %zu bytes at %#llx for the feature", count, (u64)*ppos);
}

static ssize_t others_read(struct vfio_device *device, char *buf, size_t count, loff_t *ppos)
{
	return vfio_pci_core_read(device, buf, count, ppos);
}

static ssize_t others_write(struct vfio_device *device, const char *buf, size_t count, loff_t *ppos)
{
	return vfio_pci_core_write(device, buf, count, ppos);
}

static const struct vfio_device_ops core_ops = {
	.read = vfio_pci_core_read, .write = vfio_pci_core_write,
};

static const struct vfio_device_ops reader_ops = {
	.read = others_read, .write = vfio_pci_core_write,
};

static const struct vfio_device_ops writer_ops = {
	.read = vfio_pci_core_read, .write = others_write,
};

/* An ioeventfd of a driver whose regions may have other positions. */
static void check_others_value(const struct vfio_pci_bar_value *value)
{
	struct vfio_pci_bar_value others;
	int ret;

	if (value->bar.io.ops->mapped)
		return;
	vdev.vdev.ops = &writer_ops;
	ret = vfio_pci_bar_value_init(&others, &vdev, c->index, c->off, c->value, c->count);
	vdev.vdev.ops = &core_ops;
	if (ret != -ENODEV)
		fuzz_fail("another driver's ioeventfd gives %d", ret);
}

static ssize_t run_value(void)
{
	struct vfio_pci_bar_value prepared, kept;
	int ret;

	vdev.vdev.ops = &core_ops;
	ret = vfio_pci_bar_value_init(&prepared, &vdev, c->index, c->off, c->value, c->count);
	if (ret)
		return ret;
	check_others_value(&prepared);
	kept = prepared;
	memset(&prepared, 0xa5, sizeof(prepared));

	return vfio_pci_bar_value_write(&kept, c->test_mem);
}

static ssize_t run_one(void)
{
	void *addr = (void *)(base() + c->off);

	if (c->write)
		return vfio_pci_core_iowrite16(&vdev, c->test_mem, c->value, addr);

	return vfio_pci_core_ioread16(&vdev, c->test_mem, (u16 *)arena, addr);
}

void fuzz_run(const struct fuzz_case *the_case, struct fuzz_outcome *got)
{
	c = the_case;
	out = got;
	fuzz_fill(c, out);
	memcpy(arena, out->user, ARENA);
	set_up();
	if (c->kept)
		vdev.bar_bounce = retire_buffer(new_buffer());

	switch (c->entry) {
	case ENTRY_BAR:
		out->ret = run_bar();
		break;
	case ENTRY_MAP:
		out->ret = run_map();
		break;
	case ENTRY_VALUE:
		out->ret = run_value();
		break;
	default:
		out->ret = run_one();
	}
	check_nothing_left();
	memcpy(out->user, arena, ARENA);
}

/* ---- VFIO_DEVICE_FEATURE_REGION_ACCESS ---- */

static struct vfio_device_feature_region_access feature;

/* Fill the user's struct: the request, and the rest of an earlier answer. */
static void prepare_question(u32 index, u32 flags)
{
	fuzz_fill(c, out);
	memcpy(&feature, out->user + c->buf, sizeof(feature));
	feature.index = index;
	feature.flags = flags;
	memcpy(out->user + c->buf, &feature, sizeof(feature));
	memcpy(arena, out->user, ARENA);
}

/* Is user memory unchanged, except for the answer if there may be one? */
static bool nothing_else_written(bool answered)
{
	u32 end = c->buf + sizeof(feature);

	return !memcmp(arena, out->user, answered ? c->buf : end) &&
	       !memcmp(arena + end, out->user + end, ARENA - end);
}

static void ask(u32 flags, size_t argsz, int want)
{
	bool answered = !(flags & VFIO_DEVICE_FEATURE_PROBE) && (!want || want == -EFAULT);
	int ret;

	now.clamped = false;
	memset(now.copied, 0, sizeof(now.copied));
	ret = vfio_pci_core_feature_region_access(&vdev.vdev, flags, arena + c->buf, argsz);
	if (ret != want)
		fuzz_fail("the feature for region %u with %#x, %zu bytes, gives %d, should be %d",
			  feature.index, flags, argsz, ret, want);
	if (!nothing_else_written(answered))
		fuzz_fail("the feature changes the user's memory");
	if (out->nr || now.sections)
		fuzz_fail("the feature reaches the device");
}

/* Answers that do not depend on the regions. */
static void check_refused(void)
{
	const u32 get = VFIO_DEVICE_FEATURE_GET, set = VFIO_DEVICE_FEATURE_SET;
	const u32 probe = VFIO_DEVICE_FEATURE_PROBE;
	bool readable = fuzz_feature_can(c, false);
	u32 index;

	prepare_question(c->asked, 0);
	ask(get, sizeof(feature) - 1 - c->seed % sizeof(feature), -EINVAL);
	ask(set, sizeof(feature), -EINVAL);
	ask(get | set, sizeof(feature), -EINVAL);
	ask(0, sizeof(feature), -EINVAL);
	ask(probe | set, sizeof(feature), -EINVAL);
	ask(probe | get, 0, 0);

	vdev.vdev.ops = &reader_ops;
	ask(get, sizeof(feature), -ENOTTY);
	ask(probe | get, 0, -ENOTTY);
	vdev.vdev.ops = &writer_ops;
	ask(get, sizeof(feature), -ENOTTY);
	vdev.vdev.ops = &core_ops;

	prepare_question(c->asked, 1U << c->seed % 32);
	ask(get, sizeof(feature), readable ? -EINVAL : -EFAULT);

	for (index = PCI_ROM_RESOURCE + 1; index < 12; index++) {
		prepare_question(index, 0);
		ask(get, sizeof(feature), readable ? -ENOTTY : -EFAULT);
	}
}

/* Does the feature report the request as one access? */
static bool feature_says(const struct vfio_region_access *access, u64 off, u32 count)
{
	if (count > access->max_width || off % access->boundary + count > access->boundary)
		return false;
	if (off < feature.hole_offset + feature.hole_size && off + count > feature.hole_offset &&
	    feature.hole_size)
		return false;
	if (access->align == VFIO_REGION_ACCESS_ANY)
		return true;
	if (access->align == VFIO_REGION_ACCESS_BLOCK && count > 8)
		return off % 8 == 0 && count % 8 == 0;

	return is_power_of_2(count) && off % count == 0;
}

static void check_count(u64 off, u32 count)
{
	if (feature_says(&feature.read, off, count) != fuzz_is_one_access(c, off, count, false))
		fuzz_fail("the feature is wrong on reads of %u at %#llx", count, off);
	if (c->index != PCI_ROM_RESOURCE &&
	    feature_says(&feature.write, off, count) != fuzz_is_one_access(c, off, count, true))
		fuzz_fail("the feature is wrong on writes of %u at %#llx", count, off);
}

static void check_counts(u64 off)
{
	u32 count;

	for (count = 1; count <= PAGE; count += count < 48 ? 1 : 1 + (c->seed + count) % 509)
		check_count(off, count);
	check_count(off, PAGE);
}

static void check_edge(u64 off)
{
	if (off)
		check_counts(off - 1);
	check_counts(off);
}

static void check_answer(void)
{
	static const struct vfio_region_access none;
	u32 distance;

	memcpy(&feature, arena + c->buf, sizeof(feature));
	if (feature.index != c->asked || feature.flags)
		fuzz_fail("the answer is for another request");
	if (c->index == PCI_ROM_RESOURCE && memcmp(&feature.write, &none, sizeof(none)))
		fuzz_fail("the feature reports writes to the ROM");

	check_counts(c->off);
	/* All alignments, and all distances to the end of a page that are powers of two. */
	for (distance = 1; distance <= PAGE; distance *= 2) {
		check_counts(round_down(c->off, PAGE) + distance);
		check_counts(round_down(c->off, PAGE) + PAGE - distance);
	}
	if (c->hole_size) {
		check_edge(c->hole_start);
		check_edge(c->hole_start + c->hole_size);
	}
}

void fuzz_check_feature(const struct fuzz_case *the_case, struct fuzz_outcome *got)
{
	int want = fuzz_reference_feature(the_case);

	c = the_case;
	out = got;
	fuzz_fill(c, out);
	set_up();
	vdev.vdev.ops = &core_ops;
	check_refused();

	prepare_question(c->asked, 0);
	ask(VFIO_DEVICE_FEATURE_GET, sizeof(feature) + c->seed % 16, want);
	if (!want)
		check_answer();
	check_nothing_left();
}

/* ---- bar_max_width= ---- */

static void check_limit(const struct fuzz_limits *want, u16 vendor, u16 device)
{
	struct pci_dev asked = { .vendor = vendor, .device = device };
	u32 width = want->width, got, i;

	for (i = 0; i < want->nr; i++) {
		if (want->id[i].vendor == vendor && want->id[i].device == device)
			width = want->id[i].width;
	}
	got = vfio_pci_io_width_limit(&asked);
	if (got != width)
		fuzz_fail("the limit of %04x:%04x is %u, should be %u", vendor, device, got, width);
}

/* Check the current limits, and what is read back. */
static void check_limits(const struct fuzz_limits *want)
{
	char back[PAGE], text[PAGE];
	int len, i;

	len = sprintf(text, "%u", want->width);
	for (i = 0; i < (int)want->nr; i++) {
		len += sprintf(text + len, ",%04x:%04x:%u", want->id[i].vendor,
			       want->id[i].device, want->id[i].width);
		check_limit(want, want->id[i].vendor, want->id[i].device);
	}
	check_limit(want, VENDOR, DEVICE);
	check_limit(want, DEVICE, VENDOR);
	len += sprintf(text + len, "\n");
	if (get_limits(back) != len || strcmp(back, text))
		fuzz_fail("%s is read back, should be %s", back, text);
}

void fuzz_check_limits(const struct fuzz_case *the_case)
{
	static const char before[] = "8,1234:5678:2";
	struct fuzz_limits want;
	bool good = fuzz_reference_limits(the_case->text, &want);
	int ret;

	c = the_case;
	set_bar_max_width(before);
	ret = set_limits(the_case->text);
	if (ret != (good ? 0 : -EINVAL))
		fuzz_fail("the text gives %d", ret);
	/* A refused text changes nothing. */
	if (!good)
		fuzz_reference_limits(before, &want);
	check_limits(&want);
}
