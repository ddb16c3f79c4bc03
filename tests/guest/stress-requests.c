// SPDX-License-Identifier: GPL-2.0-only
/* The threads of bar-stress that make requests and check their results. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "stress.h"

/*
 * The size of a thread's part of a memory BAR. It is odd, so that parts begin and end in
 * the middle of a page, a doubleword and any other unit.
 */
#define PART		0x9001
#define PART_BEGIN	5

/* Doublewords that one thread writes and others read. */
#define BLOCK_POS	0x200000
#define BLOCK		0x2000

#define FILLER		0xa5

struct part {
	struct stress_thread *thread;
	struct stress_device *device;
	off_t pos;
	unsigned char *model;
	unsigned char *buf;
};

static void may_fail(struct stress_thread *thread, const char *what, ssize_t ret)
{
	int err = errno;

	thread->failed++;
	if (!stress_devices[thread->device].decode)
		stress_die(thread, "%s returned %zd (%s)", what, ret, ret < 0 ? strerror(err) : "");
	if (ret < 0 && err != EIO)
		stress_die(thread, "%s: %s", what, strerror(err));
}

/* Read, however long it takes until memory decode is on. */
static void read_surely(struct part *part, unsigned char *bytes, size_t off, size_t count)
{
	size_t done = 0;

	while (done < count) {
		ssize_t ret = pread(part->device->dev.fd, bytes + done, count - done,
				    part->pos + off + done);

		if (ret > 0) {
			done += ret;
			continue;
		}
		may_fail(part->thread, "reading again", ret);
		guest_sleep_us(500);
	}
}

static void check_byte(struct part *part, size_t off, unsigned char is, unsigned char should,
		       const char *what)
{
	if (is != should)
		stress_die(part->thread, "%s: byte 0x%zx of %s is %02x, should be %02x", what, off,
			   part->device->name, is, should);
}

/*
 * After a write that returned @done, those bytes are written. No other byte is, except on
 * stock's path, which may write some and report none.
 */
static void settle_write(struct part *part, size_t off, size_t count, size_t done, bool sure)
{
	unsigned char *old = part->model + off, *is = malloc(count);
	size_t i;

	if (!is)
		stress_die(part->thread, "no memory");
	read_surely(part, is, off, count);
	for (i = 0; i < count; i++) {
		if (i < done)
			check_byte(part, off + i, is[i], part->buf[i], "done");
		else if (sure || is[i] != part->buf[i])
			check_byte(part, off + i, is[i], old[i], "not done");
	}
	memcpy(old, is, count);
	free(is);
}

static size_t random_count(struct stress_thread *thread)
{
	switch (stress_below(thread, 16)) {
	case 0:
		return 1 + stress_below(thread, PART);
	case 1 ... 3:
		return 1 + stress_below(thread, 3 * PAGE);
	case 4 ... 8:
		return 1 + stress_below(thread, 512);
	default:
		return 1 + stress_below(thread, 16);
	}
}

/* Choose the bytes to write at @off of the part. */
static void fill_random(struct part *part, size_t off, size_t count)
{
	unsigned long long value = stress_random(part->thread);
	size_t i;

	for (i = 0; i < count; i++, value = value * 6364136223846793005ULL + 1) {
		size_t in_word = (part->pos + off + i) % 8;
		size_t back = 2 * in_word - 7;

		part->buf[i] = value >> 56;
		/* The byte's mirror image in the doubleword, if it is part of the write. */
		if (stress_machine.mirrored && in_word > 3 && back <= i)
			part->buf[i] = part->buf[i - back];
	}
}

static void part_write(struct part *part, size_t off, size_t count)
{
	struct stress_mode mode = { 0 };
	bool sure = stress_mode_try_hold(part->thread, &mode);
	ssize_t ret;

	fill_random(part, off, count);
	ret = pwrite(part->device->dev.fd, part->buf, count, part->pos + off);
	if (ret == (ssize_t)count) {
		memcpy(part->model + off, part->buf, count);
	} else {
		may_fail(part->thread, "a write", ret);
		settle_write(part, off, count, ret > 0 ? ret : 0, sure && mode.ours);
	}
	if (sure)
		stress_mode_release();
}

static void part_read(struct part *part, size_t off, size_t count)
{
	struct stress_mode mode = { 0 };
	bool sure = stress_mode_try_hold(part->thread, &mode);
	size_t i, done;
	ssize_t ret;

	memset(part->buf, FILLER, count);
	ret = pread(part->device->dev.fd, part->buf, count, part->pos + off);
	if (ret != (ssize_t)count)
		may_fail(part->thread, "a read", ret);
	done = ret > 0 ? ret : 0;
	for (i = 0; i < done; i++)
		check_byte(part, off + i, part->buf[i], part->model[off + i], "read");
	for (; i < count && sure && mode.ours; i++)
		check_byte(part, off + i, part->buf[i], FILLER, "not read");
	if (sure)
		stress_mode_release();
}

/* ---- mappings that are made, fault and are unmapped ---- */

/* Map the pages with the bytes from @off on; @bytes is set to their address. */
static void *map_part(struct part *part, size_t off, size_t count, size_t *length,
		      unsigned char **bytes)
{
	off_t pos = part->pos + off, begin = pos & ~(PAGE - 1);
	unsigned char *map;

	*length = pos - begin + count;
	map = mmap(NULL, *length, PROT_READ | PROT_WRITE, MAP_SHARED, part->device->dev.fd, begin);
	if (map == MAP_FAILED)
		stress_die(part->thread, "mmap: %s", strerror(errno));
	*bytes = map + (pos - begin);

	return map;
}

static void part_mapped(struct part *part, size_t off, size_t count, bool write)
{
	unsigned char *bytes;
	size_t length, done, i;
	void *map = map_part(part, off, count, &length, &bytes);

	fill_random(part, off, count);
	if (write) {
		stress_touch(part->thread, bytes, part->buf, count, &done);
		memcpy(part->model + off, part->buf, done);
	} else {
		stress_touch(part->thread, part->buf, bytes, count, &done);
		for (i = 0; i < done; i++)
			check_byte(part, off + i, part->buf[i], part->model[off + i], "mapped");
	}
	if (done < count)
		may_fail(part->thread, "a mapping", done);
	stress_unmap(map, length);
}

/*
 * The buffer is a mapping of the same BAR. Its page faults take memory_lock, so a path
 * that held the lock while copying would deadlock as soon as another task turns memory
 * decode off.
 */
static void part_from_itself(struct part *part, size_t off, size_t count)
{
	size_t from = stress_below(part->thread, PART - count + 1), length;
	unsigned char *bytes;
	void *map = map_part(part, from, count, &length, &bytes);
	ssize_t ret;

	memcpy(part->buf, part->model + from, count);
	ret = pwrite(part->device->dev.fd, bytes, count, part->pos + off);
	/* With decode off, the copy from the mapping fails first. */
	if (ret < 0 && errno == EFAULT)
		errno = EIO;
	if (ret != (ssize_t)count)
		may_fail(part->thread, "a write from a mapping", ret);
	stress_unmap(map, length);

	if (off < from + count && from < off + count)
		read_surely(part, part->model + off, off, count);
	else
		settle_write(part, off, count, ret > 0 ? ret : 0, false);
}

void stress_memory(struct stress_thread *thread)
{
	struct part part = {
		.thread = thread,
		.device = &stress_devices[thread->device],
		.model = malloc(PART),
		.buf = malloc(PART),
	};

	if (!part.model || !part.buf)
		stress_die(thread, "no memory");
	part.pos = part.device->region.pos + PART_BEGIN + thread->index * PART;
	read_surely(&part, part.model, 0, PART);

	for (; stress_going(thread); thread->done++) {
		size_t count = random_count(thread);
		size_t off = stress_below(thread, PART - count + 1);

		switch (stress_below(thread, stress_machine.has_maps ? 16 : 12)) {
		case 0 ... 5:
			part_write(&part, off, count);
			break;
		case 6 ... 11:
			part_read(&part, off, count);
			break;
		case 12 ... 13:
			part_mapped(&part, off, count, stress_below(thread, 2));
			break;
		default:
			part_from_itself(&part, off, count);
		}
		stress_rest(thread, 1000);
	}
	part_read(&part, 0, PART);
}

/* ---- doublewords that must not be torn ---- */

/* Set after a partial write until the rest of it is done. */
static atomic_bool block_torn;

/* Writes doublewords with the same number in both halves. */
void stress_block_writer(struct stress_thread *thread)
{
	const struct stress_device *device = &stress_devices[thread->device];
	static unsigned long long block[BLOCK / 8];
	unsigned int number = 0, i;

	for (; stress_going(thread); thread->done++) {
		ssize_t ret;

		number++;
		for (i = 0; i < ARRAY_SIZE(block); i++)
			block[i] = (unsigned long long)number << 32 | number;

		stress_mode_hold(thread);
		do {
			ret = pwrite(device->dev.fd, block, BLOCK, device->region.pos + BLOCK_POS);
			atomic_store(&block_torn, ret != BLOCK);
			if (ret != BLOCK) {
				may_fail(thread, "a block's write", ret);
				guest_sleep_us(500);
			}
		} while (ret != BLOCK);
		stress_mode_release();
		stress_rest(thread, 200);
	}
}

static void check_block(struct stress_thread *thread, const unsigned long long *block,
			size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (block[i] >> 32 != (block[i] & 0xffffffff))
			stress_die(thread, "doubleword %zu is torn: 0x%016llx", i, block[i]);
}

void stress_block_reader(struct stress_thread *thread)
{
	const struct stress_device *device = &stress_devices[thread->device];
	unsigned long long *block = calloc(1, BLOCK);

	for (; block && stress_going(thread); thread->done++) {
		size_t count = stress_below(thread, 2) ? 8 : BLOCK;
		struct stress_mode mode = stress_mode_hold(thread);
		size_t off = stress_below(thread, (BLOCK - count) / 8 + 1) * 8;
		bool whole = mode.ours && mode.wide && !atomic_load(&block_torn);
		ssize_t ret = pread(device->dev.fd, block, count,
				    device->region.pos + BLOCK_POS + off);

		if (ret != (ssize_t)count)
			may_fail(thread, "a block's read", ret);
		/* Before the first write, the content is arbitrary. */
		if (whole && ret > 0 && block[0])
			check_block(thread, block, ret / 8);
		stress_mode_release();
		stress_rest(thread, 500);
	}
	free(block);
}

/* ---- numbers, each once and in order; the host looks for them ---- */

/* As in tests/lib/Stress.pm. */
#define NUMBER_MAGIC	0x57ULL
#define NUMBER_WIDE	0x0080000000000000ULL

static unsigned long long numbered(unsigned long long number, const struct stress_mode *mode)
{
	return NUMBER_MAGIC << 56 | (mode->ours && mode->wide ? NUMBER_WIDE : 0) | number;
}

/* A failed write has not reached the device, so it is retried with the same number. */
static void write_number(struct stress_thread *thread, off_t off, unsigned long long number)
{
	const struct stress_device *device = &stress_devices[thread->device];
	ssize_t ret;

	do {
		struct stress_mode mode = { 0 };
		bool sure = stress_mode_try_hold(thread, &mode);
		unsigned long long value = numbered(number, &mode);

		ret = pwrite(device->dev.fd, &value, 8, device->region.pos + off);
		if (sure)
			stress_mode_release();
		if (ret != 8) {
			may_fail(thread, "a number's write", ret);
			guest_sleep_us(500);
		}
	} while (ret != 8);
}

void stress_numbers(struct stress_thread *thread)
{
	for (; stress_going(thread); thread->done++) {
		write_number(thread, STRESS_SLOT(thread->index), ++thread->last);
		stress_rest(thread, 3000);
	}
}

/*
 * Writes three doublewords in two chunks. If a request ends between the two, the next one
 * continues there. Stock may write some of them and report none.
 */
void stress_crossing(struct stress_thread *thread)
{
	const struct stress_device *device = &stress_devices[thread->device];

	for (; stress_going(thread); thread->done++) {
		struct stress_mode mode = stress_mode_hold(thread);
		unsigned long long words[3];
		size_t done = 0, i;

		thread->last += mode.ours;
		for (i = 0; i < ARRAY_SIZE(words); i++)
			words[i] = numbered(thread->last, &mode);
		while (mode.ours && done < sizeof(words)) {
			ssize_t ret = pwrite(device->dev.fd, (char *)words + done,
					     sizeof(words) - done,
					     device->region.pos + STRESS_CROSSING + done);

			done += ret > 0 ? ret : 0;
			if (done < sizeof(words)) {
				may_fail(thread, "a crossing write", ret);
				guest_sleep_us(500);
			}
		}
		stress_mode_release();
		stress_rest(thread, 3000);
	}
}

/* ---- reads of registers, and a hole ---- */

/* nvme's MSI-X table. */
#define HOLE		0x2000
#define HOLE_SIZE	0x410

static void look(struct stress_thread *thread, const struct stress_device *device, size_t off,
		 size_t count)
{
	unsigned char bytes[64];
	ssize_t ret = pread(device->dev.fd, bytes, count, device->region.pos + off);
	size_t i;

	if (ret != (ssize_t)count)
		stress_die(thread, "reading %zu bytes at 0x%zx of %s: %zd (%s)", count, off,
			   device->name, ret, ret < 0 ? strerror(errno) : "short");
	for (i = 0; device == &stress_devices[STRESS_NVME] && i < count; i++)
		if (off + i >= HOLE && off + i < HOLE + HOLE_SIZE && bytes[i] != 0xff)
			stress_die(thread, "a byte of the hole reads as %02x", bytes[i]);
}

/* Reads 64 bytes around the hole's ends, and registers of a BAR smaller than a page. */
void stress_looker(struct stress_thread *thread)
{
	static const unsigned int begins[] = { 0, HOLE - 32, HOLE, HOLE + HOLE_SIZE - 64 };

	for (; stress_going(thread); thread->done++) {
		size_t count = 1 + stress_below(thread, 32);
		size_t off = begins[stress_below(thread, ARRAY_SIZE(begins))];

		off += stress_below(thread, 64 - count + 1);
		look(thread, &stress_devices[STRESS_NVME], off, count);
		look(thread, &stress_devices[STRESS_NIC], off % (256 - 64), count);
		stress_rest(thread, 5000);
	}
}
