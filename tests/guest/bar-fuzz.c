// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random system calls on the file of a device whose BAR 2 is memory: any position, any
 * count, buffers of every kind. The return value and the bytes that changed in the buffer
 * and in the BAR are compared with a model.
 *
 *   bar-fuzz SEED REQUESTS
 *
 * Logs "wrong ..." for each difference from the model, "kind NAME N" for the number of
 * requests with each kind of buffer, and "done". The caller must time out for a request
 * that never ends: the kernel cannot kill a task that hangs on a lock.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/pci_regs.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "guest.h"
#include "random.h"

#define MEMORY		"0000:00:08.0"
#define ARENA		((4UL << 20) + 4 * PAGE)
#define SMALL_BAR	0
#define MEMORY_BAR	2
#define CONFIG		7
#define FILLER		0x5a
#define MARGIN		64
#define SEGMENTS	3
#define WRONG_MAX	20

/* The VFS truncates longer requests to this. */
#define RW_MAX		(INT_MAX & ~(PAGE - 1))

enum kind {
	GOOD,			/* up to the arena's end */
	HALF,			/* the arena's last bytes */
	HALF_READONLY,		/* the last bytes before a page that cannot be written */
	READONLY,
	NO_ACCESS,		/* mapped with PROT_NONE */
	UNMAPPED,
	NULL_POINTER,
	KERNEL,
	SELF,			/* the BAR's own mapping */
	HELD,			/* a page that a userfaultfd holds back */
	KINDS
};

static const char *const kind_names[KINDS] = {
	"good", "half", "half-readonly", "readonly", "no-access", "unmapped", "null", "kernel",
	"self", "held",
};

/**
 * struct buffer - source or destination of a request
 * @kind: its kind
 * @addr: its first byte
 * @readable: bytes from there that can be read
 * @writable: bytes from there that can be written
 */
struct buffer {
	enum kind kind;
	unsigned char *addr;
	size_t readable;
	size_t writable;
};

/**
 * struct want - what the model expects
 * @ret: bytes, or -1
 * @err: errno
 */
struct want {
	ssize_t ret;
	int err;
};

static struct device dev;
static struct guest_bar bars[2];
static struct random numbers;
/* The region shift, from the position that VFIO reports for region 1. */
static unsigned int shift;

/* Between unmapped pages; the protection of the last page changes. */
static unsigned char *arena, *arena_end;
/* The mapping of BAR 2, and its expected content. */
static unsigned char *map, *model;
static bool decode = true;

static unsigned long counts[KINDS];
static unsigned int wrongs;

static int held_fd = -1;
static unsigned char *held_page;
static unsigned long held_faults;

static unsigned long long below(unsigned long long limit)
{
	return random_below(&numbers, limit);
}

static void report(const char *what, const struct buffer *buf, unsigned long long pos,
		   size_t count, bool write, long long got, long long want)
{
	if (wrongs++ < WRONG_MAX)
		guest_log("wrong %s: %s of %#zx at %#llx, buffer %s (%zu/%zu): %lld, not %lld\n",
			  what, write ? "write" : "read", count, pos, kind_names[buf->kind],
			  buf->readable, buf->writable, got, want);
}

/* ---- positions and counts ---- */

/* The region of a position and the offset in it, as documented. */
static unsigned int region_of(unsigned long long pos, unsigned long long *off)
{
	*off = pos & ((1ULL << shift) - 1);

	return pos >> shift < 255 ? pos >> shift : 255;
}

static unsigned long long near(unsigned long long value)
{
	return value + below(34) - 17;
}

static unsigned long long offset_in_memory(void)
{
	unsigned long long size = bars[1].size;

	switch (below(4)) {
	case 0:
		return near(PAGE * below(size / PAGE + 1));
	case 1:
		return near(size);
	default:
		return below(size);
	}
}

static unsigned long long region_pos(unsigned int bar)
{
	return (unsigned long long)bar << shift;
}

static unsigned long long random_position(void)
{
	switch (below(8)) {
	case 0:
		return region_pos(SMALL_BAR) + near(below(2) * bars[0].size);
	case 1:
		return near(region_pos(below(12)));
	case 2:
		return near(1ULL << below(64));
	case 3:
		return random_next(&numbers) >> below(64);
	default:
		return region_pos(MEMORY_BAR) + offset_in_memory();
	}
}

/* Avoids configuration space, which has another path and can turn decode off. */
static unsigned long long position(void)
{
	unsigned long long pos, off;

	do {
		pos = random_position();
	} while (region_of(pos, &off) == CONFIG);

	return pos;
}

static size_t random_count(void)
{
	switch (below(64)) {
	case 0:
		return SSIZE_MAX - below(PAGE);
	case 1:
		return below(1ULL << below(46));
	case 2:
		return near(PAGE * (1 + below(8)));
	default:
		return below(2) ? below(40) : below(3 * PAGE);
	}
}

/* ---- buffers ---- */

static void protect(unsigned char *addr, size_t len, int prot)
{
	if (mprotect(addr, len, prot))
		guest_die("mprotect: %s", strerror(errno));
}

static void set_buffer(struct buffer *buf, unsigned char *addr, size_t readable,
		       size_t writable)
{
	buf->addr = addr;
	buf->readable = readable;
	buf->writable = writable;
}

static void random_buffer(struct buffer *buf, enum kind kind)
{
	size_t n = 1 + below(below(2) ? 40 : 2 * PAGE);

	buf->kind = kind;
	switch (kind) {
	case HALF:
		set_buffer(buf, arena_end - n, n, n);
		break;
	case HALF_READONLY:
		set_buffer(buf, arena_end - PAGE - n, n + PAGE, n);
		break;
	case READONLY:
		n = 1 + below(PAGE);
		set_buffer(buf, arena_end - n, n, 0);
		break;
	case NO_ACCESS:
		set_buffer(buf, arena_end - 1 - below(PAGE), 0, 0);
		break;
	case UNMAPPED:
		set_buffer(buf, arena_end + below(PAGE), 0, 0);
		break;
	case NULL_POINTER:
		set_buffer(buf, NULL, 0, 0);
		break;
	case KERNEL:
		set_buffer(buf, (unsigned char *)0xffff888000000000UL + n, 0, 0);
		break;
	case SELF:
		n = decode ? bars[1].size - offset_in_memory() % bars[1].size : 0;
		set_buffer(buf, map + (decode ? bars[1].size - n : 0), n, n);
		break;
	default:
		n = ARENA - below(2 * PAGE);
		set_buffer(buf, arena_end - n, n, n);
	}
}

static size_t within(const struct buffer *buf, size_t count)
{
	return count < buf->readable ? count : buf->readable;
}

/* Called before the last page is protected. */
static void fill(const struct buffer *buf, size_t count, bool write)
{
	size_t n = within(buf, count), i;

	if (buf->kind == SELF)
		return;
	if (!write) {
		memset(buf->addr, FILLER, n);
		return;
	}
	for (i = 0; i < n && i < 16; i++)
		buf->addr[i] = random_next(&numbers);
	for (; i < n; i++)
		buf->addr[i] = buf->addr[i - 13] + 7;
}

static void restrict_rights(const struct buffer *buf, bool back)
{
	int prot = PROT_READ | PROT_WRITE;

	if (!back && (buf->kind == HALF_READONLY || buf->kind == READONLY))
		prot = PROT_READ;
	if (!back && buf->kind == NO_ACCESS)
		prot = PROT_NONE;
	protect(arena_end - PAGE, PAGE, prot);
}

/* ---- the model ---- */

static bool byte_writable(const struct buffer *buf, size_t i)
{
	return i < buf->readable && i < buf->writable;
}

/* Bytes of a chunk that can be copied; for a write all or none. */
static size_t chunk_good(const struct buffer *buf, size_t done, size_t len, bool write)
{
	size_t good = 0;

	if (write)
		return done + len <= buf->readable ? len : 0;

	while (good < len && byte_writable(buf, done + good))
		good++;

	return good;
}

/* If the buffer is a mapping of the BAR, it changes with the BAR. */
static unsigned char *in_model(const struct buffer *buf, size_t done)
{
	return model + (buf->addr - map) + done;
}

static void carry(const struct buffer *buf, unsigned long long off, size_t done, size_t len,
		  bool write)
{
	if (buf->kind == SELF && write)
		memmove(model + off, in_model(buf, done), len);
	else if (buf->kind == SELF)
		memmove(in_model(buf, done), model + off, len);
	else if (write)
		memcpy(model + off, buf->addr + done, len);
}

/* A request inside a BAR. */
static struct want model_request(const struct buffer *buf, unsigned int bar,
				 unsigned long long off, size_t count, bool write)
{
	size_t done = 0;

	while (done < count) {
		size_t len = PAGE - (off + done) % PAGE, good;

		if (len > count - done)
			len = count - done;
		good = chunk_good(buf, done, len, write);
		/* A read accesses the device before its buffer. */
		if (!decode && (good || !write))
			return (struct want){ -1, EIO };
		if (bar == MEMORY_BAR)
			carry(buf, off + done, done, good, write);
		done += good;
		if (good < len)
			return done ? (struct want){ done, 0 } : (struct want){ -1, EFAULT };
	}

	return (struct want){ done, 0 };
}

/*
 * The end of user addresses. The kernel refuses a range that extends beyond it, even if
 * part of it is mapped. An mmap() shows whether page tables have a fifth level.
 * On arm64 it follows from the configuration, whatever the processor has.
 */
static unsigned long long address_limit(void)
{
#ifdef __aarch64__
	return 1ULL << 52;
#else
	static unsigned long long limit;
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
	void *above = (void *)(1UL << 47);

	if (limit)
		return limit;
	limit = (1ULL << 47) - PAGE;
	if (mmap(above, PAGE, PROT_NONE, flags, -1, 0) == above) {
		munmap(above, PAGE);
		limit = (1ULL << 56) - PAGE;
	}

	return limit;
#endif
}

/* One system call on one buffer. */
static struct want model_call(const struct buffer *buf, unsigned long long pos, size_t count,
			      bool write)
{
	unsigned long long off, size = 0;
	unsigned int bar;

	if ((long long)pos < 0)
		return (struct want){ -1, EINVAL };
	if (buf->kind == KERNEL || count > address_limit() - (uintptr_t)buf->addr)
		return (struct want){ -1, EFAULT };
	if (!count)
		return (struct want){ 0, 0 };

	bar = region_of(pos, &off);
	if (bar == SMALL_BAR)
		size = bars[0].size;
	if (bar == MEMORY_BAR)
		size = bars[1].size;
	if (off >= size)
		return (struct want){ -1, EINVAL };
	if (count > RW_MAX)
		count = RW_MAX;
	if (count > size - off)
		count = size - off;

	return model_request(buf, bar, off, count, write);
}

/* ---- one request ---- */

static void check_map(unsigned long long from, unsigned long long to, const struct buffer *buf,
		      unsigned long long pos, size_t count, bool write)
{
	unsigned long long i;

	if (!decode)
		return;
	to = to < bars[1].size ? to : bars[1].size;
	if (from >= to || !memcmp(map + from, model + from, to - from))
		return;
	for (i = from; i < to; i++) {
		if (map[i] == model[i])
			continue;
		report("byte of the BAR", buf, pos, count, write, i, model[i]);
		/* Report a difference once. */
		memcpy(model, map, bars[1].size);
		return;
	}
}

/* Check the bytes read, and that those after them are unchanged. */
static void check_buffer(const struct buffer *buf, unsigned long long pos, size_t count,
			 ssize_t ret)
{
	size_t n = within(buf, count), i = ret > 0 ? ret : 0;
	unsigned long long off;

	if (buf->kind == SELF || buf->kind == NO_ACCESS)
		return;
	if (ret > 0 && region_of(pos, &off) == MEMORY_BAR && memcmp(buf->addr, model + off, ret))
		report("bytes that were read", buf, pos, count, false, 0, 0);
	for (; i < n; i++)
		if (buf->addr[i] != FILLER)
			break;
	if (i < n)
		report("byte beyond those read", buf, pos, count, false, i, ret);
}

static void check_request(const struct buffer *buf, unsigned long long pos, size_t count,
			  bool write, ssize_t ret, int err, struct want want)
{
	unsigned long long off, begin;

	if (ret != want.ret || (ret < 0 && err != want.err))
		report("return", buf, pos, count, write, ret < 0 ? -err : ret,
		       want.ret < 0 ? -want.err : want.ret);
	if (!write)
		check_buffer(buf, pos, count, ret);

	/* The registers of the small BAR are not modelled. */
	if (buf->kind == SELF && !write && ret > 0 && region_of(pos, &off) == SMALL_BAR)
		memcpy(in_model(buf, 0), buf->addr, ret);

	if (buf->kind == SELF) {
		check_map(0, bars[1].size, buf, pos, count, write);
	} else if (region_of(pos, &off) == MEMORY_BAR && off < bars[1].size) {
		begin = off > MARGIN ? off - MARGIN : 0;
		check_map(begin, off + within(buf, count) + MARGIN, buf, pos, count, write);
	}
}

static void request(const struct buffer *buf, unsigned long long pos, size_t count, bool write)
{
	struct want want;
	ssize_t ret;
	int err;

	fill(buf, count, write);
	want = model_call(buf, pos, count, write);
	restrict_rights(buf, false);
	errno = 0;
	if (write)
		ret = pwrite(dev.fd, buf->addr, count, pos);
	else
		ret = pread(dev.fd, buf->addr, count, pos);
	err = errno;
	restrict_rights(buf, true);
	check_request(buf, pos, count, write, ret, err, want);
	counts[buf->kind]++;
}

static void request_of_kind(enum kind kind, unsigned long long pos, size_t count)
{
	struct buffer buf;

	random_buffer(&buf, kind);
	/* What follows the mapping is unknown. */
	if (kind == SELF && decode && count > buf.readable)
		count = buf.readable;
	request(&buf, pos, count, below(2));
}

static void random_request(void)
{
	enum kind kind = below(3) ? below(SELF) : GOOD;
	unsigned long long pos = position();
	size_t count = random_count();

	/* Comparing all of the BAR takes long. */
	if (below(64) == 0) {
		kind = SELF;
		count %= 4 * PAGE;
	}
	request_of_kind(kind, pos, count);
}

/* Every number of accessible bytes, for requests across a page of the BAR. */
static void sweep_half(void)
{
	unsigned int n, i;

	for (n = 1; n < 80; n++) {
		for (i = 0; i < 4; i++) {
			struct buffer buf = { .kind = i & 2 ? HALF_READONLY : HALF };
			size_t after = i & 2 ? PAGE : 0;

			set_buffer(&buf, arena_end - after - n, n + after, n);
			request(&buf, region_pos(MEMORY_BAR) + PAGE - below(80), 1 + below(80),
				i & 1);
		}
	}
}

/* ---- several buffers in one call ---- */

static enum kind vector_kind(void)
{
	static const enum kind kinds[] = { GOOD, GOOD, GOOD, HALF, UNMAPPED, NULL_POINTER };

	return kinds[below(ARRAY_SIZE(kinds))];
}

/* As in the VFS: one request for each segment, until one is incomplete. */
static struct want model_vector(const struct buffer *bufs, const struct iovec *iov,
				unsigned int nr, unsigned long long pos, bool write)
{
	ssize_t total = 0;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		struct want want = model_call(&bufs[i], pos, iov[i].iov_len, write);

		if (want.ret < 0)
			return total ? (struct want){ total, 0 } : want;
		total += want.ret;
		pos += want.ret;
		if (want.ret != (ssize_t)iov[i].iov_len)
			break;
	}

	return (struct want){ total, 0 };
}

static void vector_request(void)
{
	unsigned int nr = 1 + below(SEGMENTS), i;
	unsigned long long pos = position(), off;
	struct buffer bufs[SEGMENTS];
	struct iovec iov[SEGMENTS];
	bool write = below(2);
	struct want want;
	ssize_t ret;

	/* In the first half of the BAR, so that no segment begins beyond its end. */
	if (region_of(pos, &off) != MEMORY_BAR || off > bars[1].size / 2)
		pos = region_pos(MEMORY_BAR) + below(bars[1].size / 2);
	for (i = 0; i < nr; i++) {
		random_buffer(&bufs[i], vector_kind());
		iov[i].iov_len = 1 + below(below(2) ? 40 : PAGE);
		/* Segments must not overlap. */
		if (bufs[i].kind == GOOD) {
			bufs[i].addr = arena + i * 8 * PAGE + below(PAGE);
			bufs[i].readable = arena_end - bufs[i].addr;
			bufs[i].writable = bufs[i].readable;
		}
		iov[i].iov_base = bufs[i].addr;
		fill(&bufs[i], iov[i].iov_len, write);
	}
	want = model_vector(bufs, iov, nr, pos, write);
	if (write)
		ret = pwritev(dev.fd, iov, nr, pos);
	else
		ret = preadv(dev.fd, iov, nr, pos);
	if (ret != want.ret || (ret < 0 && errno != want.err))
		report("value of a vector", &bufs[0], pos, iov[0].iov_len, write,
		       ret < 0 ? -errno : ret, want.ret < 0 ? -want.err : want.ret);
	region_of(pos, &off);
	check_map(off > MARGIN ? off - MARGIN : 0, off + SEGMENTS * PAGE + MARGIN, &bufs[0], pos,
		  iov[0].iov_len, write);
}

/* ---- a page that is held back ---- */

/*
 * Provides the page, but only after turning memory decode off and on: this takes
 * memory_lock for writing, which a request must not hold while it waits for the page.
 */
static void *give_pages(void *arg)
{
	static unsigned char page[PAGE] __attribute__((aligned(4096)));
	struct uffd_msg msg;

	(void)arg;
	memset(page, FILLER, PAGE);
	while (read(held_fd, &msg, sizeof(msg)) == sizeof(msg)) {
		struct uffdio_copy copy = {
			.dst = msg.arg.pagefault.address & ~(PAGE - 1),
			.src = (unsigned long)page,
			.len = PAGE,
		};

		guest_set_command(&dev, 0, PCI_COMMAND_MEMORY);
		guest_set_command(&dev, PCI_COMMAND_MEMORY, 0);
		held_faults++;
		if (ioctl(held_fd, UFFDIO_COPY, &copy))
			guest_die("UFFDIO_COPY: %s", strerror(errno));
	}

	return NULL;
}

static void hold_again(void)
{
	if (madvise(held_page, PAGE, MADV_DONTNEED))
		guest_die("madvise: %s", strerror(errno));
}

/* Sets up the held-back page. Returns NULL, or the reason why it cannot. */
static const char *set_up_held(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	pthread_t thread;

	held_fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (held_fd < 0)
		return strerror(errno);
	if (ioctl(held_fd, UFFDIO_API, &api))
		return "userfaultfd has a different API version";

	/* A present page, followed by the one that is held back. */
	held_page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			 0);
	if (held_page == MAP_FAILED)
		guest_die("no memory for a page");
	memset(held_page, FILLER, PAGE);
	held_page += PAGE;
	reg.range.start = (unsigned long)held_page;
	reg.range.len = PAGE;
	if (ioctl(held_fd, UFFDIO_REGISTER, &reg))
		return "cannot register the page with userfaultfd";
	if (pthread_create(&thread, NULL, give_pages, NULL))
		guest_die("no thread");

	return NULL;
}

static void held_request(void)
{
	/* Some bytes of the page before, and some of the held page. */
	size_t before = below(2) ? below(PAGE) : 0, count = 1 + below(PAGE - 1), i;
	unsigned long long off = below(bars[1].size - 2 * PAGE);
	struct buffer buf = { .kind = HELD };
	unsigned long faults = held_faults;
	bool write = below(2);
	ssize_t ret;

	hold_again();
	count += before;
	memset(held_page - PAGE, FILLER, PAGE);
	set_buffer(&buf, held_page - before, count, count);
	if (write)
		ret = pwrite(dev.fd, buf.addr, count, region_pos(MEMORY_BAR) + off);
	else
		ret = pread(dev.fd, buf.addr, count, region_pos(MEMORY_BAR) + off);
	if (ret != (ssize_t)count)
		report("return", &buf, off, count, write, ret < 0 ? -errno : ret, count);
	if (write)
		memset(model + off, FILLER, count);
	for (i = 0; !write && i < count; i++)
		if (buf.addr[i] != model[off + i])
			break;
	if (!write && i < count)
		report("byte that was read", &buf, off, count, write, buf.addr[i], model[off + i]);
	if (held_faults == faults)
		report("no wait for the page", &buf, off, count, write, 0, 1);
	check_map(off > MARGIN ? off - MARGIN : 0, off + count + MARGIN, &buf, off, count, write);
	counts[HELD]++;
}

/* ---- decode off, also during requests ---- */

static void without_decode(void)
{
	unsigned int i;

	guest_set_command(&dev, 0, PCI_COMMAND_MEMORY);
	decode = false;
	for (i = 0; i < 300; i++) {
		unsigned long long pos = below(4) ? region_pos(MEMORY_BAR) + offset_in_memory() :
						    position();

		/* The BAR's mapping faults too, so no byte of it can be copied. */
		request_of_kind(below(4) ? below(SELF) : SELF, pos, random_count() % (3 * PAGE));
	}
	guest_set_command(&dev, PCI_COMMAND_MEMORY, 0);
	decode = true;
	check_map(0, bars[1].size, &(struct buffer){ .kind = GOOD }, 0, 0, false);
}

static bool stop;

static void *toggle(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		guest_set_command(&dev, 0, PCI_COMMAND_MEMORY);
		sched_yield();
		guest_set_command(&dev, PCI_COMMAND_MEMORY, 0);
		sched_yield();
	}

	return NULL;
}

/* The buffer is the BAR's mapping, which is zapped and faults in again meanwhile. */
static void self_while_zapped(unsigned int requests)
{
	unsigned long long half = bars[1].size / 2;
	unsigned long good = 0, refused = 0, i;
	struct buffer buf = { .kind = SELF };
	pthread_t thread;

	if (pthread_create(&thread, NULL, toggle, NULL))
		guest_die("no thread");
	/* Both outcomes must occur; which one a request gets depends on timing. */
	for (i = 0; i < requests || (i < 100 * requests && (!good || !refused)); i++) {
		size_t count = 1 + below(4 * PAGE);
		unsigned long long pos = region_pos(MEMORY_BAR) + below(half - 4 * PAGE);
		bool write = below(2);
		ssize_t ret;

		set_buffer(&buf, map + below(half - 4 * PAGE), count, count);
		if (write)
			ret = pwrite(dev.fd, buf.addr, count, pos);
		else
			ret = pread(dev.fd, buf.addr, count, pos);
		if (ret > (ssize_t)count || ret == 0 ||
		    (ret < 0 && errno != EFAULT && errno != EIO))
			report("return", &buf, pos, count, write, ret < 0 ? -errno : ret, count);
		if (ret < 0)
			refused++;
		else
			good++;
		counts[SELF]++;
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	guest_log("zapped good %lu refused %lu\n", good, refused);
	check_map(half, bars[1].size, &buf, half, 0, false);
	memcpy(model, map, half);
}

/* ---- the program ---- */

static void set_up(void)
{
	unsigned char *all;

	if (device_open(&dev, MEMORY, true) || guest_bar_open(&dev, SMALL_BAR, &bars[0]) ||
	    guest_bar_open(&dev, MEMORY_BAR, &bars[1]))
		guest_die("cannot open %s", MEMORY);
	map = guest_bar_map(&dev, &bars[1]);
	model = malloc(bars[1].size);
	all = mmap(NULL, ARENA + 4 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!model || all == MAP_FAILED)
		guest_die("no memory");
	arena = all + 2 * PAGE;
	arena_end = arena + ARENA;
	protect(arena, ARENA, PROT_READ | PROT_WRITE);
	memset(arena, FILLER, ARENA);
	memset(map, 0, bars[1].size);
	memset(model, 0, bars[1].size);
}

int main(int argc, char **argv)
{
	unsigned long requests, i;
	const char *why;

	if (argc != 3)
		guest_die("usage: bar-fuzz SEED REQUESTS");
	guest_open();
	random_seed(&numbers, strtoull(argv[1], NULL, 0));
	requests = strtoul(argv[2], NULL, 0);
	guest_log("seed %s\n", argv[1]);
	set_up();
	while (region_pos(MEMORY_BAR) < bars[1].pos)
		shift++;

	sweep_half();
	for (i = 0; i < requests; i++) {
		if (i % 8 == 7)
			vector_request();
		else
			random_request();
	}
	guest_log("phase random\n");
	without_decode();
	guest_log("phase decode\n");
	why = set_up_held();
	for (i = 0; !why && i < requests / 20; i++)
		held_request();
	guest_log("held %s\n", why ?: "yes");
	self_while_zapped(requests / 10);
	check_map(0, bars[1].size, &(struct buffer){ .kind = GOOD }, 0, 0, false);

	for (i = 0; i < KINDS; i++)
		guest_log("kind %s %lu\n", kind_names[i], counts[i]);
	guest_log("wrongs %u\ndone\n", wrongs);

	return 0;
}
