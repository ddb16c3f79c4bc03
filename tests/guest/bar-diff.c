// SPDX-License-Identifier: GPL-2.0-only
/*
 * A stream of random requests that depends only on its seed, on devices that are first
 * put into a known state. With and without the livepatch it must give the same log,
 * except for intended differences.
 *
 *   bar-diff SEED REQUESTS PREFIX
 *
 * For each request logs "PREFIX ID CLASS RETURN ERRNO HASH TEXT", where HASH is over the
 * bytes that a read returned; then, for each device with a state, "PREFIX state NAME
 * HASH", and "PREFIX done". CLASS is "same" or names a difference from stock, as in
 * tests/lib/Differential.pm:
 *
 *   bad-after-good    the buffer ends inside the request
 *   unwritable        the destination of a read cannot be written
 *   unreadable-hole   a byte of a write's source, meant for the hole, cannot be read
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest.h"
#include "random.h"

#define BUFFER		(64 * PAGE)

/**
 * struct place - a range of a BAR whose content does not depend on the access width
 * @name: name in the log
 * @bdf: the function
 * @index: index of the region
 * @begin: first byte
 * @size: bytes
 * @most: longest request
 * @read_only: only read, as the effect of a write depends on more than its bytes
 * @hole: first byte of the hole
 * @hole_size: bytes in the hole
 * @dev: the function, opened
 * @pos: position of the region in the device file
 */
struct place {
	const char *name;
	const char *bdf;
	unsigned int index;
	unsigned long long begin;
	size_t size;
	size_t most;
	bool read_only;
	struct device *dev;
	unsigned long long hole;
	unsigned long long hole_size;
	unsigned long long pos;
};

static struct device nic, nicx, nvme, memory;

static struct place places[] = {
	{ "memory", "0000:00:08.0", 2, 0, 4UL << 20, 5 * PAGE, false, &memory },
	/* A register whose bytes can be written one by one: the multicast filter. */
	{ "registers", "0000:00:05.0", 1, 8, 8, 8, false, &nic },
	{ "ports", "0000:00:05.0", 0, 8, 8, 8, false, &nic },
	/* Up to the end of the BAR, where requests are truncated. */
	{ "end", "0000:00:08.0", 2, (4UL << 20) - 64, 64, 2 * PAGE, false, &memory },
	/* The MSI-X table and the bytes around it. */
	{ "hole", "0000:00:06.0", 3, 0, 0x50, 0x50, false, &nicx, .hole_size = 0x50 },
	{ "hole and doorbells", "0000:00:07.0", 0, 0x1f00, 0x800, 0x400, true, &nvme,
	  .hole = 0x2000, .hole_size = 0x410 },
	{ "rom", "0000:00:06.0", 6, 0, 0x800, 0x900, true, &nicx },
};

static struct random numbers;
static const char *prefix;
/* Followed by an unmapped page; the last page can be made read-only. */
static unsigned char *buffer, *end;
static unsigned int next_id = 1;

static unsigned long long below(unsigned long long limit)
{
	return random_below(&numbers, limit);
}

static unsigned int fnv1a(const unsigned char *bytes, size_t n)
{
	unsigned int hash = 2166136261U;

	while (n--)
		hash = (hash ^ *bytes++) * 16777619U;

	return hash;
}

static void open_place(struct place *place)
{
	struct guest_bar bar;

	if (place->dev->fd <= 0 && device_open(place->dev, place->bdf, true))
		guest_die("cannot open %s", place->bdf);
	if (guest_bar_open(place->dev, place->index, &bar))
		guest_die("no region info of region %u of %s", place->index, place->bdf);
	place->pos = bar.pos;
}

/* Write byte by byte, which has the same result on every kernel. */
static void write_bytes(const struct place *place, unsigned long long off, size_t count,
			unsigned char byte)
{
	while (count--)
		if (pwrite(place->dev->fd, &byte, 1, place->pos + off++) != 1)
			guest_die("%s: cannot be initialised", place->name);
}

static void set_up(void)
{
	struct guest_bar bar;
	unsigned char *map;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(places); i++)
		open_place(&places[i]);
	if (guest_bar_open(&memory, 2, &bar))
		guest_die("no memory device");
	map = guest_bar_map(&memory, &bar);
	memset(map, 0x11, bar.size);
	munmap(map, bar.size);
	write_bytes(&places[1], 8, 8, 0);

	buffer = mmap(NULL, BUFFER + PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (buffer == MAP_FAILED)
		guest_die("no memory");
	end = buffer + BUFFER;
	if (mprotect(buffer, BUFFER, PROT_READ | PROT_WRITE))
		guest_die("mprotect: %s", strerror(errno));
}

static void protect_last(int prot)
{
	if (mprotect(end - PAGE, PAGE, prot))
		guest_die("mprotect: %s", strerror(errno));
}

static void fill(unsigned char *bytes, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		bytes[i] = i < 8 ? random_next(&numbers) : bytes[i - 7] + 3;
}

static void carry_out(const struct place *place, const char *class, bool write, void *bytes,
		      size_t count, unsigned long long off)
{
	unsigned int hash = 0;
	ssize_t ret;
	int err;

	errno = 0;
	if (write)
		ret = pwrite(place->dev->fd, bytes, count, place->pos + off);
	else
		ret = pread(place->dev->fd, bytes, count, place->pos + off);
	err = ret < 0 ? errno : 0;
	if (!write && ret > 0)
		hash = fnv1a(bytes, ret);
	guest_log("%s %u %s %zd %d %u %s %s of %zu at %#llx\n", prefix, next_id++, class, ret, err,
		  hash, place->name, write ? "write" : "read", count, off);
}

static void good(const struct place *place, bool write, size_t count, unsigned long long off)
{
	unsigned char *bytes = end - PAGE - BUFFER / 2 - below(16);

	fill(bytes, count);
	carry_out(place, "same", write, bytes, count, off);
}

static bool touches_hole(const struct place *place, size_t count, unsigned long long off)
{
	return off < place->hole + place->hole_size && off + count > place->hole;
}

/* Buffers that are bad from the first byte: the same errors, and no byte is written. */
static void bad_pointer(const struct place *place, bool write, size_t count,
			unsigned long long off)
{
	void *const pointers[] = { NULL, end, end + 7, (void *)0xffff888000000000UL };

	const char *class = write && touches_hole(place, count, off) ? "unreadable-hole" : "same";

	carry_out(place, class, write, pointers[below(ARRAY_SIZE(pointers))], count, off);
}

/* Complete a partial write afterwards, so that the devices stay in the same state. */
static void bad_after_good(const struct place *place, bool write, size_t count,
			   unsigned long long off)
{
	const char *class = write && touches_hole(place, count, off) ? "unreadable-hole" :
								      "bad-after-good";
	size_t there = 1 + below(count < 2 ? 1 : count - 1);

	if (count < 2)
		return;
	fill(end - there, there);
	carry_out(place, class, write, end - there, count, off);
	if (write)
		good(place, true, count, off);
}

static void unwritable(const struct place *place, size_t count, unsigned long long off)
{
	if (count > PAGE)
		count = PAGE;
	protect_last(PROT_READ);
	carry_out(place, "unwritable", false, end - count, count, off);
	protect_last(PROT_READ | PROT_WRITE);
}

static void without_decode(const struct place *place, bool write, size_t count,
			   unsigned long long off)
{
	/* I/O ports and the ROM have their own rules; see Differential.pm. */
	if (place->index == 6 || !strcmp(place->name, "ports"))
		return;
	guest_set_command(place->dev, 0, PCI_COMMAND_MEMORY);
	good(place, write, count, off);
	bad_pointer(place, true, count, off);
	guest_set_command(place->dev, PCI_COMMAND_MEMORY, 0);
}

static void random_request(void)
{
	const struct place *place = &places[below(3) ? below(2) : below(ARRAY_SIZE(places))];
	bool write = !place->read_only && below(2);
	unsigned long long off = place->begin + below(place->size);
	size_t left = place->begin + place->size - off, count;

	count = 1 + below(below(4) ? 24 : place->most);
	if (count > left && strcmp(place->name, "end") && strcmp(place->name, "rom"))
		count = left;
	switch (below(12)) {
	case 0:
		bad_pointer(place, write, count, off);
		break;
	case 1:
		bad_after_good(place, write, count, off);
		break;
	case 2:
		unwritable(place, count, off);
		break;
	case 3:
		without_decode(place, write, count, off);
		break;
	case 4:
		/* Entirely outside the BAR. */
		off = (4UL << 20) + below(PAGE);
		carry_out(place, "same", write, buffer, count, off);
		break;
	default:
		good(place, write, count, off);
	}
}

static void log_state(const struct place *place, size_t size)
{
	unsigned char *bytes = malloc(size);
	size_t i;

	if (!bytes)
		guest_die("no memory");
	for (i = 0; i < size; i++)
		if (pread(place->dev->fd, bytes + i, 1, place->pos + place->begin + i) != 1)
			guest_die("%s: cannot be read", place->name);
	guest_log("%s state %s %u\n", prefix, place->name, fnv1a(bytes, size));
	free(bytes);
}

static void log_memory(void)
{
	unsigned char *map;
	struct guest_bar bar;

	if (guest_bar_open(&memory, 2, &bar))
		guest_die("no memory device");
	map = guest_bar_map(&memory, &bar);
	guest_log("%s state memory %u\n", prefix, fnv1a(map, bar.size));
	munmap(map, bar.size);
}

int main(int argc, char **argv)
{
	unsigned long requests;

	if (argc != 4)
		guest_die("usage: bar-diff SEED REQUESTS PREFIX");
	guest_open();
	random_seed(&numbers, strtoull(argv[1], NULL, 0));
	requests = strtoul(argv[2], NULL, 0);
	prefix = argv[3];
	set_up();
	while (requests--)
		random_request();
	log_memory();
	log_state(&places[1], places[1].size);
	guest_log("%s done\n", prefix);

	return 0;
}
