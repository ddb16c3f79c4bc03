// SPDX-License-Identifier: GPL-2.0-only
/*
 * What requests do to user memory:
 *
 *   bar-untouched SECONDS
 *
 * A read writes the bytes it returns to its buffer, once. A request that fails leaves user
 * memory unchanged, and so does any write. This program compares memory. If the buffer is
 * a device's mapping, the host compares the trace of that device with these lines:
 *
 *   request ID GROUP TEXT              the request between the markers with ID
 *   expect ID DEVICE r|w OFF HEX       bytes that DEVICE must see, once and ascending
 *   loads ID                           the device that is the source may see loads
 *
 * Neither of the two devices may see anything else. During the last SECONDS another
 * processor increments the words of the buffers: an increment is lost if an old value is
 * written back.
 *
 * The second processor must be offline until then: while a BAR disappears or reappears,
 * QEMU may direct another processor's access to the wrong device.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

#define FILLER		0xa5
#define WRONG_MAX	10
#define HUGE		(2UL << 20)
/* Bytes of a buffer that are compared. */
#define WINDOW		(4 * PAGE)

/* Registers of edu: a write to the first raises an interrupt, the second shows it. */
#define EDU_RAISE	0x60
#define EDU_RAISED	0x24
/* From here on neither edu nor intel-hda has registers. edu reads as ones there. */
#define NO_REGISTERS	0x1000

/**
 * struct target - a BAR under test
 * @name: name in the log
 * @bdf: its function
 * @index: index of the BAR
 * @dev: the function, opened
 * @bar: its region in the device file
 * @map: its mapping, if it has one
 */
struct target {
	const char *name;
	const char *bdf;
	unsigned int index;
	struct device dev;
	struct guest_bar bar;
	unsigned char *map;
};

/* Plain memory; the two that are traced; one with decode off; one that is claimed. */
static struct target memory = { .name = "memory", .bdf = "0000:00:08.0", .index = 2 };
static struct target regs = { .name = "regs", .bdf = "0000:00:04.0", .index = 0 };
static struct target sound = { .name = "sound", .bdf = "0000:00:0e.0", .index = 0 };
static struct target dark = { .name = "dark", .bdf = "0000:00:06.0", .index = 0 };
static struct target busy = { .name = "busy", .bdf = "0000:00:0d.0", .index = 1 };

/* Requests that fail before any access. */
struct failure {
	const char *name;
	struct target *target;
	unsigned long long pos;
	int err;
};

static struct failure failures[] = {
	{ .name = "decode-off", .target = &dark, .err = EIO },
	{ .name = "rom-decode-off", .target = &dark, .err = EIO },
	{ .name = "claimed", .target = &busy, .err = EBUSY },
	{ .name = "beyond-end", .target = &memory, .err = EINVAL },
	{ .name = "far-beyond", .target = &regs, .err = EINVAL },
};

static const size_t counts[] = {
	1, 2, 3, 4, 8, 9, 13, 16, 63, 64, 65, 100, 512, 1000, 4095, 4096, 5000, 8192,
};

static unsigned char pattern[WINDOW + PAGE], filler[WINDOW];

/* ---- the log ---- */

static const char *group;
static unsigned int request_id, nr_requests, nr_wrongs;
static unsigned long long group_began;

static unsigned long long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);

	return time.tv_sec * 1000000000ULL + time.tv_nsec;
}

static void begin_group(const char *name)
{
	group = name;
	group_began = now();
	nr_requests = 0;
	nr_wrongs = 0;
}

static void end_group(void)
{
	guest_log("group %s requests %u wrongs %u ms %llu\n", group, nr_requests, nr_wrongs,
		  (now() - group_began) / 1000000);
}

static void __printf(1, 2) wrong(const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (nr_wrongs++ < WRONG_MAX)
		guest_log("wrong %s: %s\n", group, text);
}

/* Describes the last request, for the trace and for wrong(). */
static char about_text[160];

static void __printf(1, 2) about(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(about_text, sizeof(about_text), fmt, args);
	va_end(args);
	guest_log("request %u %s %s\n", request_id, group, about_text);
}

/* Log bytes of that request that @target must see, in the order of the calls. */
static void must_see(const struct target *target, char rw, unsigned int off,
		     const unsigned char *bytes, size_t count)
{
	static char hex[2 * WINDOW + 1];
	size_t i;

	if (!count)
		return;
	for (i = 0; i < count; i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	guest_log("expect %u %s %c 0x%x %s\n", request_id, target->name, rw, off, hex);
}

/* ---- one request ---- */

/* Returns the bytes done, or a negative errno. */
static long carry_out(struct device *dev, unsigned char *buf, size_t count,
		      unsigned long long pos, bool write)
{
	long ret = write ? pwrite(dev->fd, buf, count, pos) : pread(dev->fd, buf, count, pos);

	return ret < 0 ? -errno : ret;
}

static long request(struct target *target, unsigned char *buf, size_t count,
		    unsigned long long pos, bool write)
{
	long ret;

	nr_requests++;
	request_id++;
	guest_mark(GUEST_MARK_BEGIN, request_id);
	ret = carry_out(&target->dev, buf, count, pos, write);
	guest_mark(GUEST_MARK_END, request_id);

	return ret;
}

static void check_return(long ret, long want)
{
	if (ret != want)
		wrong("%s: returned %ld, should be %ld", about_text, ret, want);
}

/* Check the return value of a read whose buffer has room for @room bytes. */
static void check_short(long ret, size_t room)
{
	if (ret != -EFAULT && (ret <= 0 || ret > (long)room))
		wrong("%s: returned %ld, should be %zu at most", about_text, ret, room);
}

static void check_bytes(const char *what, const unsigned char *is, const unsigned char *should,
			size_t count)
{
	size_t i = 0;

	if (!memcmp(is, should, count))
		return;
	while (is[i] == should[i])
		i++;
	wrong("%s: %s: byte %zu is %02x, should be %02x", about_text, what, i, is[i], should[i]);
}

/* ---- memory ---- */

static unsigned char *map_at(unsigned char *addr, size_t size, int prot, int flags, int fd,
			     unsigned long long pos)
{
	unsigned char *map = mmap(addr, size, prot, flags | (addr ? MAP_FIXED : 0), fd, pos);

	if (map == MAP_FAILED)
		guest_die("mmap() of %zu bytes: %s", size, strerror(errno));

	return map;
}

static unsigned char *map_plain(unsigned char *addr, size_t size, int prot)
{
	return map_at(addr, size, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void protect(unsigned char *addr, int prot)
{
	if (mprotect(addr, PAGE, prot))
		guest_die("mprotect(): %s", strerror(errno));
}

static void unmap(unsigned char *addr, size_t size)
{
	if (munmap(addr, size))
		guest_die("munmap(): %s", strerror(errno));
}

/* ---- another device's mapping as the destination ---- */

static void fail_to_devices(void)
{
	static const struct {
		struct target *target;
		unsigned int off;
	} places[] = {
		{ &regs, EDU_RAISE }, { &regs, NO_REGISTERS },
		{ &sound, NO_REGISTERS }, { &sound, NO_REGISTERS + 3 },
	};
	unsigned int i, j, k, raised;

	begin_group("fail-to-device");
	for (i = 0; i < ARRAY_SIZE(failures); i++) {
		for (j = 0; j < ARRAY_SIZE(places); j++) {
			for (k = 0; k < ARRAY_SIZE(counts); k++) {
				struct failure *fail = &failures[i];
				struct target *to = places[j].target;
				long ret = request(fail->target, to->map + places[j].off,
						   counts[k], fail->pos, false);

				about("%s: %zu bytes to %s at 0x%x", fail->name, counts[k],
				      to->name, places[j].off);
				check_return(ret, -fail->err);
			}
		}
	}
	if (carry_out(&regs.dev, (void *)&raised, 4, regs.bar.pos + EDU_RAISED, false) != 4)
		guest_die("edu cannot be read");
	if (raised)
		wrong("edu has interrupts: 0x%x", raised);
	end_group();
}

static void read_to_device(unsigned int from, struct target *to, unsigned int off, size_t count)
{
	long ret = request(&memory, to->map + off, count, memory.bar.pos + from, false);

	about("%zu bytes at 0x%x to %s at 0x%x", count, from, to->name, off);
	check_return(ret, count);
	must_see(to, 'w', off, pattern + from, count);
}

/* Both the source and the buffer are registers. */
static void read_through(size_t count)
{
	static unsigned char ones[PAGE];
	long ret = request(&regs, sound.map + NO_REGISTERS, count, regs.bar.pos + NO_REGISTERS,
			   false);

	memset(ones, 0xff, sizeof(ones));
	about("%zu bytes from regs to sound", count);
	check_return(ret, count);
	must_see(&regs, 'r', NO_REGISTERS, ones, count);
	must_see(&sound, 'w', NO_REGISTERS, ones, count);
}

static void read_to_devices(void)
{
	unsigned int i;

	begin_group("read-to-device");
	for (i = 0; i < ARRAY_SIZE(counts) && counts[i] <= PAGE; i++) {
		read_to_device(0, &sound, NO_REGISTERS, counts[i]);
		read_to_device(PAGE - 3, &sound, NO_REGISTERS, counts[i]);
		if (counts[i] < PAGE - 5)
			read_to_device(8, &sound, NO_REGISTERS + 5, counts[i]);
		if (counts[i] <= 100)
			read_to_device(0, &regs, NO_REGISTERS, counts[i]);
	}
	for (i = 4; i <= 256; i *= 2)
		read_through(i);
	end_group();
}

/* ---- destinations that are partly or entirely bad ---- */

enum page_kind { PLAIN, DEVICE, NO_ACCESS, READ_ONLY, UNMAPPED };

static const char *const page_names[] = {
	"plain", "device", "no-access", "read-only", "unmapped",
};

static void place(unsigned char *addr, enum page_kind kind)
{
	if (kind == DEVICE) {
		map_at(addr, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, sound.dev.fd,
		       sound.bar.pos + NO_REGISTERS);
		return;
	}
	map_plain(addr, PAGE, PROT_READ | PROT_WRITE);
	memset(addr, FILLER, PAGE);
	if (kind == NO_ACCESS || kind == READ_ONLY)
		protect(addr, kind == READ_ONLY ? PROT_READ : PROT_NONE);
	if (kind == UNMAPPED)
		unmap(addr, PAGE);
}

/* Check that memory is unchanged; for a device the trace tells. */
static void check_place(unsigned char *addr, enum page_kind kind, const char *what)
{
	if (kind == NO_ACCESS)
		protect(addr, PROT_READ);
	if (kind != DEVICE && kind != UNMAPPED)
		check_bytes(what, addr, filler, PAGE);
}

/* A read to the last @cut bytes of a page and on to the pages after it. */
static void read_across(const enum page_kind kinds[2], size_t cut, size_t count,
			unsigned int from)
{
	unsigned char *area = map_plain(NULL, 4 * PAGE, PROT_NONE), *dest = area + PAGE - cut;
	bool begins = kinds[0] == PLAIN || kinds[0] == DEVICE;
	size_t done;
	long ret;

	place(area, kinds[0]);
	place(area + PAGE, kinds[1]);
	place(area + 2 * PAGE, PLAIN);
	ret = request(&memory, dest, count, memory.bar.pos + from, false);
	about("%zu bytes at 0x%x, of which %zu to a %s page, then a %s one", count, from, cut,
	      page_names[kinds[0]], page_names[kinds[1]]);
	done = ret > 0 ? ret : 0;
	check_short(ret, begins ? cut : 0);

	if (kinds[0] == PLAIN && done <= cut) {
		check_bytes("before", area, filler, PAGE - cut);
		check_bytes("read", dest, pattern + from, done);
		check_bytes("not read", dest + done, filler, cut - done);
	} else if (kinds[0] == DEVICE) {
		must_see(&sound, 'w', NO_REGISTERS + PAGE - cut, pattern + from, done);
	} else {
		check_place(area, kinds[0], "the first page");
	}
	check_place(area + PAGE, kinds[1], "the second page");
	check_place(area + 2 * PAGE, PLAIN, "the third page");
	unmap(area, 4 * PAGE);
	if (done && done == cut)
		guest_log("exact\n");
}

static void read_across_all(enum page_kind first, enum page_kind second)
{
	static const size_t cuts[] = {
		0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 31, 60, 63, 64, 65, 99, 500, 511, 4000, 4095, 4096,
	};
	const enum page_kind kinds[] = { first, second };
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		for (j = 0; j < ARRAY_SIZE(cuts) && cuts[j] < counts[i]; j++) {
			/* With no bytes in the first page, the second one must be the bad one. */
			if (!cuts[j] && second <= DEVICE)
				continue;
			/* Limit the size of the trace, which gets a line for each byte. */
			if (first == DEVICE && cuts[j] > 100 && counts[i] != 4096)
				continue;
			read_across(kinds, cuts[j], counts[i], PAGE);
			if (counts[i] > 8)
				read_across(kinds, cuts[j], counts[i], PAGE - 3);
		}
	}
}

static void cut_reads(void)
{
	enum page_kind bad;

	begin_group("cut");
	for (bad = NO_ACCESS; bad <= UNMAPPED; bad++) {
		read_across_all(PLAIN, bad);
		read_across_all(DEVICE, bad);
	}
	end_group();
	begin_group("late");
	for (bad = NO_ACCESS; bad <= UNMAPPED; bad++) {
		read_across_all(bad, PLAIN);
		read_across_all(bad, DEVICE);
	}
	end_group();
}

/* ---- a page that userfaultfd holds back ---- */

enum answer { SUPPLY, SUPPLY_READ_ONLY, TAKE_AWAY, SUPPLY_DECODE_OFF };

static const char *const answer_names[] = { "supplied", "supplied read-only", "taken away" };

static int held_fd = -1;
static unsigned char *held;
static enum answer answer;
static unsigned int held_faults;

static void *answer_faults(void *arg)
{
	struct uffd_msg msg;

	(void)arg;
	while (read(held_fd, &msg, sizeof(msg)) == sizeof(msg)) {
		struct uffdio_range range = { .start = (unsigned long)held, .len = PAGE };
		struct uffdio_copy copy = {
			.dst = range.start,
			.src = (unsigned long)filler,
			.len = PAGE,
			.mode = UFFDIO_COPY_MODE_DONTWAKE,
		};

		held_faults++;
		if (answer == TAKE_AWAY)
			unmap(held, PAGE);
		else if (ioctl(held_fd, UFFDIO_COPY, &copy))
			guest_die("UFFDIO_COPY: %s", strerror(errno));
		if (answer == SUPPLY_READ_ONLY)
			protect(held, PROT_READ);
		if (answer == SUPPLY_DECODE_OFF)
			guest_set_command(&regs.dev, 0, PCI_COMMAND_MEMORY);
		if (ioctl(held_fd, UFFDIO_WAKE, &range))
			guest_die("UFFDIO_WAKE: %s", strerror(errno));
	}

	return NULL;
}

static void set_up_held(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	pthread_t thread;

	held_fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (held_fd < 0 || ioctl(held_fd, UFFDIO_API, &api))
		guest_die("userfaultfd: %s", strerror(errno));
	if (pthread_create(&thread, NULL, answer_faults, NULL))
		guest_die("no thread");
}

/* The second of three pages is held back. */
static unsigned char *hold(void)
{
	unsigned char *area = map_plain(NULL, 3 * PAGE, PROT_READ | PROT_WRITE);
	struct uffdio_register reg = {
		.range = { .start = (unsigned long)area + PAGE, .len = PAGE },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};

	memset(area, FILLER, PAGE);
	memset(area + 2 * PAGE, FILLER, PAGE);
	if (ioctl(held_fd, UFFDIO_REGISTER, &reg))
		guest_die("UFFDIO_REGISTER: %s", strerror(errno));
	held = area + PAGE;
	held_faults = 0;

	return area;
}

/* The device is read once, however long the bytes have to wait for the page. */
static void read_to_held(size_t before, size_t count)
{
	unsigned char *area = hold(), *dest = held - before;
	static unsigned char ones[PAGE];
	size_t done;
	long ret;

	ret = request(&regs, dest, count, regs.bar.pos + NO_REGISTERS, false);
	about("%zu bytes, of which %zu to a page that is %s", count, count - before,
	      answer_names[answer]);
	memset(ones, 0xff, sizeof(ones));
	must_see(&regs, 'r', NO_REGISTERS, ones, count);
	done = ret > 0 ? ret : 0;
	if (answer == SUPPLY)
		check_return(ret, count);
	else
		check_short(ret, before);
	if (held_faults != 1)
		wrong("%s: %u faults", about_text, held_faults);

	check_bytes("before", area, filler, dest - area);
	if (answer == TAKE_AWAY) {
		if (done <= before) {
			check_bytes("read", dest, ones, done);
			check_bytes("not read", dest + done, filler, before - done);
		}
	} else {
		check_bytes("read", dest, ones, done);
		check_bytes("not read", dest + done, filler, held + PAGE - dest - done);
	}
	check_bytes("the page after", held + PAGE, filler, PAGE);
	unmap(area, 3 * PAGE);
}

static void write_from_held(size_t before, size_t count)
{
	unsigned char *area = hold();
	long ret = request(&regs, held - before, count, regs.bar.pos + NO_REGISTERS, true);

	about("write of %zu bytes, of which %zu from a page that is %s", count, count - before,
	      answer_names[answer]);
	check_return(ret, answer == TAKE_AWAY ? -EFAULT : (long)count);
	if (answer != TAKE_AWAY)
		must_see(&regs, 'w', NO_REGISTERS, filler, count);
	unmap(area, 3 * PAGE);
}

/* A request that fails must not touch the page, so it does not wait for it. */
static void fail_to_held(void)
{
	unsigned char *area = hold();
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(failures); i++) {
		for (j = 0; j < ARRAY_SIZE(counts) && counts[j] <= PAGE; j++) {
			long ret = request(failures[i].target, held, counts[j], failures[i].pos,
					   false);

			about("%s: %zu bytes to a page that is not there", failures[i].name,
			      counts[j]);
			check_return(ret, -failures[i].err);
			if (held_faults)
				wrong("%s: it waited for the page", about_text);
			held_faults = 0;
		}
	}
	unmap(area, 3 * PAGE);
}

/* The first chunk waits for its page; then the second one fails. */
static void fail_midway(size_t first, size_t second)
{
	unsigned char *area = hold();
	unsigned int off = NO_REGISTERS + PAGE - first;
	static unsigned char ones[PAGE];
	long ret = request(&regs, held, first + second, regs.bar.pos + off, false);

	guest_set_command(&regs.dev, PCI_COMMAND_MEMORY, 0);
	about("decode goes off after %zu of %zu bytes", first, first + second);
	memset(ones, 0xff, sizeof(ones));
	must_see(&regs, 'r', off, ones, first);
	check_return(ret, first);
	check_bytes("read", held, ones, first);
	check_bytes("not read", held + first, filler, PAGE - first);
	unmap(area, 3 * PAGE);
}

static void held_reads(void)
{
	static const size_t befores[] = { 0, 1, 4, 7, 60, 508 };
	unsigned int i, count;

	begin_group("held");
	set_up_held();
	answer = SUPPLY;
	fail_to_held();
	for (answer = SUPPLY; answer <= TAKE_AWAY; answer++) {
		for (count = 4; count <= 512; count *= 2) {
			for (i = 0; i < ARRAY_SIZE(befores) && befores[i] < count; i++) {
				read_to_held(befores[i], count);
				write_from_held(befores[i], count);
			}
		}
	}
	answer = SUPPLY_DECODE_OFF;
	for (count = 4; count <= 512; count *= 2) {
		fail_midway(count, 4);
		fail_midway(count, 100);
		fail_midway(4, count);
	}
	end_group();
}

/* ---- sources of writes ---- */

static void write_from_nowhere(unsigned char *src, const char *what)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		long ret = request(&regs, src, counts[i], regs.bar.pos + NO_REGISTERS, true);

		about("write of %zu bytes from %s", counts[i], what);
		check_return(ret, -EFAULT);
	}
}

/* The chunks before that of the first missing byte are written. */
static void write_across(enum page_kind bad, size_t good, size_t count, unsigned int off)
{
	unsigned char *area = map_plain(NULL, 2 * PAGE, PROT_READ | PROT_WRITE);
	size_t first = PAGE - off % PAGE;
	size_t done = count > first && good >= first ? first : 0;
	long ret;

	memcpy(area, pattern, PAGE);
	place(area + PAGE, bad);
	ret = request(&regs, area + PAGE - good, count, regs.bar.pos + off, true);
	about("write of %zu bytes to 0x%x, of which %zu are there, then a %s page", count, off,
	      good, page_names[bad]);
	check_return(ret, done ? (long)done : -EFAULT);
	must_see(&regs, 'w', off, pattern + PAGE - good, done);
	check_bytes("the source", area, pattern, PAGE);
	unmap(area, 2 * PAGE);
}

static void write_from_device(size_t count)
{
	static const unsigned char zeros[PAGE];
	long ret = request(&regs, sound.map + NO_REGISTERS, count, regs.bar.pos + NO_REGISTERS,
			   true);

	about("write of %zu bytes from sound", count);
	check_return(ret, count);
	must_see(&sound, 'r', NO_REGISTERS, zeros, count);
	must_see(&regs, 'w', NO_REGISTERS, zeros, count);
}

static void write_from_read_only(size_t count)
{
	unsigned char *area = map_plain(NULL, PAGE, PROT_READ | PROT_WRITE);
	long ret;

	memcpy(area, pattern, PAGE);
	protect(area, PROT_READ);
	ret = request(&regs, area, count, regs.bar.pos + NO_REGISTERS, true);
	about("write of %zu bytes from a page that is read-only", count);
	check_return(ret, count);
	must_see(&regs, 'w', NO_REGISTERS, pattern, count);
	unmap(area, PAGE);
}

static void sources(void)
{
	static const size_t goods[] = { 1, 4, 7, 8, 63, 64, 65, 100 };
	unsigned char *nothing = map_plain(NULL, 3 * PAGE, PROT_NONE);
	unsigned int i;

	begin_group("source");
	write_from_nowhere(nothing, "a page with no access");
	write_from_nowhere(NULL, "NULL");
	write_from_nowhere((unsigned char *)0xffff888000001000UL, "the kernel");
	for (i = 0; i < ARRAY_SIZE(goods); i++) {
		write_across(NO_ACCESS, goods[i], goods[i] + 1, NO_REGISTERS);
		write_across(UNMAPPED, goods[i], goods[i] + 100, NO_REGISTERS);
		write_across(UNMAPPED, goods[i], 4096, NO_REGISTERS);
		write_across(NO_ACCESS, goods[i], goods[i] + 100, NO_REGISTERS + PAGE - 64);
		write_across(UNMAPPED, goods[i], goods[i] + 8192, NO_REGISTERS + PAGE - 8);
	}
	for (i = 4; i <= 4096; i *= 4) {
		write_from_device(i);
		write_from_read_only(i);
	}
	for (i = 0; i < ARRAY_SIZE(failures); i++) {
		long ret = request(failures[i].target, sound.map + NO_REGISTERS, 64,
				   failures[i].pos, true);

		about("%s: write of 64 bytes from sound", failures[i].name);
		/* It fails before or after loading its bytes; a ROM takes no writes. */
		if (ret >= 0)
			wrong("%s: returned %ld", about_text, ret);
		guest_log("loads %u\n", request_id);
	}
	end_group();
}

/* ---- kinds of buffers ---- */

/**
 * struct buffer - memory of some kind, after a page that cannot be accessed
 * @name: name of the kind
 * @flags: flags for mmap()
 * @file: it is a memfd
 * @base: HUGE bytes
 * @view: a second mapping, read-only, of the same file
 */
struct buffer {
	const char *name;
	int flags;
	bool file;
	unsigned char *base;
	unsigned char *view;
};

static struct buffer buffers[] = {
	{ .name = "private", .flags = MAP_PRIVATE | MAP_ANONYMOUS },
	{ .name = "shared", .flags = MAP_SHARED | MAP_ANONYMOUS },
	{ .name = "huge", .flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB },
	{ .name = "private-file", .flags = MAP_PRIVATE, .file = true },
	{ .name = "file", .flags = MAP_SHARED, .file = true },
};

static void set_up_buffer(struct buffer *buf)
{
	uintptr_t room = (uintptr_t)map_plain(NULL, 4 * HUGE, PROT_NONE);
	int fd = -1;

	if (buf->file) {
		fd = memfd_create("untouched", MFD_CLOEXEC);
		if (fd < 0 || ftruncate(fd, HUGE))
			guest_die("memfd_create(): %s", strerror(errno));
	}
	buf->base = (unsigned char *)((room + 2 * HUGE - 1) / HUGE * HUGE);
	map_at(buf->base, HUGE, PROT_READ | PROT_WRITE, buf->flags, fd, 0);
	if (buf->file && buf->flags == MAP_SHARED)
		buf->view = map_at(NULL, HUGE, PROT_READ, MAP_SHARED, fd, 0);
}

/* Has the page been touched? */
static bool is_present(const unsigned char *addr)
{
	static int fd = -1;
	uint64_t entry;

	if (fd < 0)
		fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (pread(fd, &entry, sizeof(entry), (uintptr_t)addr / PAGE * sizeof(entry)) !=
	    sizeof(entry))
		guest_die("pagemap: %s", strerror(errno));

	return entry >> 63;
}

static void fail_to_buffer(const struct failure *fail, const char *name, unsigned char *base,
			   unsigned int align, bool fresh)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		long ret = request(fail->target, base + align, counts[i], fail->pos, false);

		about("%s: %zu bytes to %s memory, align %u", fail->name, counts[i], name, align);
		check_return(ret, -fail->err);
		if (!fresh)
			check_bytes("not read", base, filler, WINDOW);
	}
	for (i = 0; fresh && i < WINDOW / PAGE; i++)
		if (is_present(base + i * PAGE))
			wrong("%s: page %u of the buffer is present", about_text, i);
}

static void read_to_buffer(const struct buffer *buf, unsigned int align, size_t count)
{
	long ret = request(&memory, buf->base + align, count, memory.bar.pos + 16, false);

	about("%zu bytes to %s memory, align %u", count, buf->name, align);
	check_return(ret, count);
	check_bytes("before", buf->base, filler, align);
	check_bytes("read", buf->base + align, pattern + 16, count);
	check_bytes("after", buf->base + align + count, filler, WINDOW - align - count);
	memset(buf->base + align, FILLER, count);
}

static void read_to_view(const struct buffer *buf, size_t count)
{
	long ret = request(&memory, buf->view + 1, count, memory.bar.pos, false);

	about("%zu bytes to a read-only view of a file", count);
	check_return(ret, -EFAULT);
	check_bytes("the file", buf->base, filler, WINDOW);
}

static void check_buffer(struct buffer *buf)
{
	static const unsigned int aligns[] = { 0, 1, 4, 4090 };
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(failures); i++)
		fail_to_buffer(&failures[i], buf->name, buf->base, 0, true);
	memset(buf->base, FILLER, WINDOW);
	for (i = 0; i < ARRAY_SIZE(failures); i++)
		for (j = 0; j < ARRAY_SIZE(aligns); j++)
			fail_to_buffer(&failures[i], buf->name, buf->base, aligns[j], false);
	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		for (j = 0; j < ARRAY_SIZE(aligns); j++)
			read_to_buffer(buf, aligns[j], counts[i]);
		if (buf->view)
			read_to_view(buf, counts[i]);
	}
	for (i = 0; buf->view && i < ARRAY_SIZE(failures); i++)
		fail_to_buffer(&failures[i], "read-only", buf->view, 1, false);
}

static void kinds_of_buffers(void)
{
	unsigned int i;

	begin_group("buffer");
	guest_write_file("/proc/sys/vm/nr_hugepages", "2");
	for (i = 0; i < ARRAY_SIZE(buffers); i++) {
		set_up_buffer(&buffers[i]);
		check_buffer(&buffers[i]);
	}
	end_group();
}

/* ---- increments ---- */

#define WORDS_MAX	3

/**
 * struct counters - words that the other processor increments
 * @words: their addresses
 * @added: increments of each
 * @nr: number of words
 */
struct counters {
	unsigned int *words[WORDS_MAX];
	unsigned int added[WORDS_MAX];
	unsigned int nr;
};

/* The counters that the other processor is to use, and those that it uses. */
static struct counters *wanted_counters, *current_counters;

static void *increment(void *arg)
{
	cpu_set_t cpus;

	(void)arg;
	CPU_ZERO(&cpus);
	CPU_SET(1, &cpus);
	if (pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus))
		guest_die("there is no second processor");
	for (;;) {
		struct counters *counters = __atomic_load_n(&wanted_counters, __ATOMIC_ACQUIRE);
		unsigned int i;

		__atomic_store_n(&current_counters, counters, __ATOMIC_RELEASE);
		for (i = 0; counters && i < counters->nr; i++) {
			__atomic_fetch_add(counters->words[i], 1, __ATOMIC_RELAXED);
			counters->added[i]++;
		}
	}

	return NULL;
}

static void switch_counters(struct counters *counters)
{
	__atomic_store_n(&wanted_counters, counters, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&current_counters, __ATOMIC_ACQUIRE) != counters)
		;
}

/* The place of the words, none of which a request may write. */
enum counted {
	INSIDE,		/* the buffer of a request that fails, or the source of a write */
	AROUND,		/* just outside of the buffer of a read */
	NOT_DONE,	/* in the buffer, beyond the BAR's end */
	BEHIND_BAD,	/* in the buffer, but its first bytes cannot be written */
	BY_VIEW,	/* the buffer is a read-only mapping of them */
};

struct trial {
	const char *name;
	struct target *target;
	unsigned long long pos;
	int err;
	enum counted counted;
	bool write;
};

static void count_in(struct counters *counters, unsigned char *addr)
{
	counters->words[counters->nr++] = (unsigned int *)addr;
}

/* The words of a buffer: first, middle, last. */
static void count_between(struct counters *counters, unsigned char *addr, size_t len)
{
	count_in(counters, addr);
	if (len >= 8)
		count_in(counters, addr + (len - 4) / 4 * 4);
	if (len >= 12)
		count_in(counters, addr + len / 8 * 4);
}

/*
 * A buffer with its middle at the end of a page. Reading and writing it back takes longer
 * there, so more increments are lost.
 */
static unsigned char *arrange_across(const struct buffer *buf, size_t count,
				     struct counters *counters)
{
	unsigned char *middle = buf->base + PAGE;
	unsigned char *dest = middle - (count < 8 ? count / 2 : count / 8 * 4);

	count_in(counters, middle);
	if (count >= 8)
		count_in(counters, middle - 4);
	if (count >= 16)
		count_in(counters, dest);

	return dest;
}

/* Returns the buffer of the request, or NULL if there is none of this kind. */
static unsigned char *arrange(const struct trial *trial, const struct buffer *buf, size_t count,
			      struct counters *counters)
{
	size_t half = (count + 1) / 2;
	unsigned char *dest = buf->base + 64;

	switch (trial->counted) {
	case AROUND:
		count_in(counters, dest - 4);
		count_in(counters, dest + count);
		return count % 4 ? NULL : dest;
	case NOT_DONE:
		/* A multiple of 4, so that the words after it are aligned. */
		if (count % 8)
			return NULL;
		count_between(counters, dest + half, count - half);
		return dest;
	case BEHIND_BAD:
		count_between(counters, buf->base, count - half);
		return buf->base - half;
	case BY_VIEW:
		count_between(counters, dest, count);
		return buf->view ? buf->view + 64 : NULL;
	default:
		return arrange_across(buf, count, counters);
	}
}

/* At least this many, however slow they are. */
#define REQUESTS_MIN	5

static void run_trial(const struct trial *trial, const struct buffer *buf, size_t count,
		      unsigned long long ns)
{
	unsigned long long end = now() + ns, lost = 0, increments = 0;
	unsigned int start[WORDS_MAX], requests, i;
	unsigned long long pos = trial->pos;
	struct counters counters = {};
	unsigned char *dest = arrange(trial, buf, count, &counters);
	long want = trial->err ? -trial->err : (long)count;

	if (!dest)
		return;
	if (trial->counted == NOT_DONE) {
		want = count / 2;
		pos += trial->target->bar.size - want;
	}
	for (i = 0; i < counters.nr; i++)
		start[i] = *counters.words[i];
	switch_counters(&counters);
	for (requests = 0; requests < REQUESTS_MIN || now() < end; requests++) {
		long ret = carry_out(&trial->target->dev, dest, count, pos, trial->write);

		if (ret != want)
			wrong("%s of %zu: returned %ld, should be %ld", trial->name, count, ret,
			      want);
	}
	switch_counters(NULL);
	for (i = 0; i < counters.nr; i++) {
		increments += counters.added[i];
		/* It can be more than was added if only upper bytes are written back. */
		lost += labs((int)(counters.added[i] - (*counters.words[i] - start[i])));
	}
	nr_requests += requests;
	guest_log("count %s %s %zu requests %u increments %llu lost %llu\n", trial->name, buf->name,
		  count, requests, increments, lost);
}

#define TRIALS_MAX	16
/* About the number of trials with each buffer and size. */
#define TRIALS_RUN	320

static unsigned int list_trials(struct trial *trials)
{
	unsigned int i, nr = 0;

	for (i = 0; i < ARRAY_SIZE(failures); i++)
		trials[nr++] = (struct trial){ failures[i].name, failures[i].target,
			failures[i].pos, failures[i].err, INSIDE, false };
	trials[nr++] = (struct trial){ "around", &memory, memory.bar.pos, 0, AROUND, false };
	trials[nr++] = (struct trial){ "short", &memory, memory.bar.pos, 0, NOT_DONE, false };
	trials[nr++] = (struct trial){ "bad-first", &memory, memory.bar.pos, EFAULT, BEHIND_BAD,
		false };
	trials[nr++] = (struct trial){ "read-only", &memory, memory.bar.pos, EFAULT, BY_VIEW,
		false };
	trials[nr++] = (struct trial){ "write", &memory, memory.bar.pos, 0, INSIDE, true };
	trials[nr++] = (struct trial){ "write-decode-off", &dark, dark.bar.pos, EIO, INSIDE, true };

	return nr;
}

static void count_increments(unsigned int seconds)
{
	static const size_t sizes[] = { 1, 2, 4, 8, 12, 16, 64, 512, 4096 };
	struct trial trials[TRIALS_MAX];
	unsigned int nr = list_trials(trials), i, j, k;
	unsigned long long ns = seconds * 1000000000ULL / TRIALS_RUN;
	pthread_t thread;
	cpu_set_t cpus;

	begin_group("increments");
	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		guest_die("sched_setaffinity(): %s", strerror(errno));
	guest_write_file("/sys/devices/system/cpu/cpu1/online", "1");
	if (pthread_create(&thread, NULL, increment, NULL))
		guest_die("no thread");

	for (i = 0; i < nr; i++) {
		/* All kinds of buffers for requests that fail, else the first and the last. */
		unsigned int step = trials[i].counted == INSIDE && !trials[i].write ?
				    1 : ARRAY_SIZE(buffers) - 1;

		for (j = 0; j < ARRAY_SIZE(buffers); j += step)
			for (k = 0; k < ARRAY_SIZE(sizes); k++)
				run_trial(&trials[i], &buffers[j], sizes[k], ns);
	}
	end_group();
}

/* ---- the program ---- */

static void open_target(struct target *target)
{
	if (device_open(&target->dev, target->bdf, true) ||
	    guest_bar_open(&target->dev, target->index, &target->bar))
		guest_die("cannot open BAR %u of %s", target->index, target->bdf);
	guest_log_bar(target->name, &target->dev, target->index, &target->bar);
}

static void set_up(void)
{
	struct guest_bar rom;
	unsigned int i;

	open_target(&memory);
	open_target(&regs);
	open_target(&sound);
	open_target(&dark);
	open_target(&busy);
	if (guest_bar_open(&dark.dev, VFIO_PCI_ROM_REGION_INDEX, &rom))
		guest_die("%s has no ROM", dark.bdf);
	memory.map = guest_bar_map(&memory.dev, &memory.bar);
	regs.map = guest_bar_map(&regs.dev, &regs.bar);
	sound.map = guest_bar_map(&sound.dev, &sound.bar);
	guest_set_command(&dark.dev, 0, PCI_COMMAND_MEMORY);

	failures[0].pos = dark.bar.pos;
	failures[1].pos = rom.pos;
	failures[2].pos = busy.bar.pos;
	failures[3].pos = memory.bar.pos + memory.bar.size;
	failures[4].pos = regs.bar.pos + (1UL << 39);
	memset(filler, FILLER, sizeof(filler));
	for (i = 0; i < sizeof(pattern); i++)
		pattern[i] = 7 * i + i / 256 + 1;
	memcpy(memory.map, pattern, sizeof(pattern));
}

int main(int argc, char **argv)
{
	if (argc != 2)
		guest_die("usage: bar-untouched SECONDS");
	guest_open();
	set_up();
	fail_to_devices();
	read_to_devices();
	cut_reads();
	held_reads();
	sources();
	kinds_of_buffers();
	count_increments(guest_number(argv[1]));
	guest_log("done\n");

	return 0;
}
