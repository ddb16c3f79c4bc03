// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio-bar check: tells which accesses requests of 1, 2, 4, ... bytes become.
 *
 * If the kernel has the tracepoint, that tells. If not, check compares what the request
 * reads with what loads of each width read in a mapping of the BAR. This tells the width
 * if the register answers each width differently.
 */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "commands.h"
#include "complain.h"
#include "hazard.h"
#include "request.h"
#include "status.h"
#include "stop.h"
#include "trace.h"

#define REGISTER_MAX	8	/* the widest load */
#define TRACED_MAX	128	/* the longest PCISTB to most functions */

#define PIECES		4	/* of 1, 2, 4 and 8 bytes */

/**
 * struct check - state of the command
 * @dev: the device
 * @opts: the command line
 * @target: where the requests go
 * @trace: tracefs instance
 * @traced: the kernel has the tracepoint
 * @narrowest: narrowest access that a wider request can become
 * @page: mapping of the page that the requests go to, MAP_FAILED if there is none
 * @mapped: where the requests go in @page
 */
struct check {
	struct device *dev;
	const struct options *opts;
	struct request_target target;
	struct trace trace;
	bool traced;
	unsigned int narrowest;
	void *page;
	unsigned char *mapped;
};

static void print_accesses(const struct accesses *accesses)
{
	bool same = true;
	unsigned int i;

	for (i = 1; i < accesses->count; i++)
		same = same && accesses->width[i] == accesses->width[0];

	if (!accesses->count)
		printf("none");
	else if (same && accesses->count > 4)
		printf("%u x %u", accesses->count, accesses->width[0]);
	else
		for (i = 0; i < accesses->count; i++)
			printf("%s%u", i ? "+" : "", accesses->width[i]);
}

/* Prints @width bytes as accesses of @piece bytes each. */
static void print_pieces(unsigned int width, unsigned int piece)
{
	struct accesses accesses = { .count = width / piece };
	unsigned int i;

	for (i = 0; i < accesses.count; i++)
		accesses.width[i] = piece;
	print_accesses(&accesses);
}

static int request(struct check *check, bool is_write, unsigned char *bytes, size_t width)
{
	return request_once(check->dev, check->opts, &check->target, is_write, bytes, width);
}

/* ---- loads and stores ---- */

/* A single load or store. @bytes are in the byte order of the BAR. */
static void load(unsigned char *bytes, const unsigned char *mapped, unsigned int piece)
{
	uint64_t eight;
	uint32_t four;
	uint16_t two;

	switch (piece) {
	case 8:
		eight = *(const volatile uint64_t *)mapped;
		memcpy(bytes, &eight, sizeof(eight));
		break;
	case 4:
		four = *(const volatile uint32_t *)mapped;
		memcpy(bytes, &four, sizeof(four));
		break;
	case 2:
		two = *(const volatile uint16_t *)mapped;
		memcpy(bytes, &two, sizeof(two));
		break;
	default:
		*bytes = *(const volatile uint8_t *)mapped;
	}
}

static void store(unsigned char *mapped, const unsigned char *bytes, unsigned int piece)
{
	uint64_t eight;
	uint32_t four;
	uint16_t two;

	switch (piece) {
	case 8:
		memcpy(&eight, bytes, sizeof(eight));
		*(volatile uint64_t *)mapped = eight;
		break;
	case 4:
		memcpy(&four, bytes, sizeof(four));
		*(volatile uint32_t *)mapped = four;
		break;
	case 2:
		memcpy(&two, bytes, sizeof(two));
		*(volatile uint16_t *)mapped = two;
		break;
	default:
		*(volatile uint8_t *)mapped = *bytes;
	}
}

static void load_pieces(struct check *check, unsigned char *bytes, unsigned int width,
			unsigned int piece)
{
	unsigned int i;

	for (i = 0; i < width; i += piece)
		load(bytes + i, check->mapped + i, piece);
}

static void store_pieces(struct check *check, const unsigned char *bytes, unsigned int width,
			 unsigned int piece)
{
	unsigned int i;

	for (i = 0; i < width; i += piece)
		store(check->mapped + i, bytes + i, piece);
}

/*
 * No mapping where a load differs from an access of the kernel: zPCI has instructions for
 * the latter, and 32-bit machines load 8 bytes in halves. With decoding off, a load may
 * raise SIGBUS.
 */
static void map(struct check *check)
{
	unsigned long size = sysconf(_SC_PAGESIZE);
	unsigned long long start = check->target.pos & ~(unsigned long long)(size - 1);

	check->page = MAP_FAILED;
	check->mapped = NULL;
#ifndef __s390__
	if (sizeof(long) < REGISTER_MAX || !check->target.mappable || check->opts->keep_decode)
		return;
	check->page = mmap(NULL, size, PROT_READ | (check->opts->write ? PROT_WRITE : 0),
			   MAP_SHARED, check->dev->fd, start);
	if (check->page != MAP_FAILED)
		check->mapped = (unsigned char *)check->page + (check->target.pos - start);
#else
	(void)start;
#endif
}

static void unmap(struct check *check)
{
	if (check->page != MAP_FAILED)
		munmap(check->page, sysconf(_SC_PAGESIZE));
}

/* ---- by what the register reads ---- */

/**
 * struct reading - what a register reads
 * @by: in accesses of 1, 2, 4 and 8 bytes
 * @request: in one request
 */
struct reading {
	unsigned char by[PIECES][REGISTER_MAX];
	unsigned char request[REGISTER_MAX];
};

/*
 * Without a mapping, narrower requests stand in for the loads. Nothing stands in for the widest
 * load: a request of that width is what is checked.
 */
static int take_reading(struct check *check, unsigned int width, struct reading *reading)
{
	unsigned int i, piece, off;

	memset(reading, 0, sizeof(*reading));
	for (i = 0, piece = 1; piece <= width; i++, piece *= 2) {
		if (check->mapped) {
			load_pieces(check, reading->by[i], width, piece);
			continue;
		}
		for (off = 0; piece < width && off < width; off += piece) {
			ssize_t n = pread(check->dev->fd, reading->by[i] + off, piece,
					  check->target.pos + off);

			if (n != (ssize_t)piece)
				return complain("cannot read %u bytes of %s at 0x%llx: %s", piece,
						region_name(check->opts->index),
						check->opts->offset + off,
						n < 0 ? strerror(errno) : "short count");
		}
	}
	return request(check, false, reading->request, width);
}

/*
 * On every kernel, a naturally aligned request becomes one access, or accesses of at least 4
 * bytes. bar_max_width can allow less, and so can a vfio_pci_core that is not the kernel's own.
 */
static unsigned int narrowest_access(void)
{
	struct status *status = malloc(sizeof(*status));
	unsigned int i, narrowest = 4;

	if (!status)
		return 1;
	status_find(status);
	if (status->path == PATH_FOREIGN || (status->max_width && status->max_width < narrowest))
		narrowest = 1;
	for (i = 0; i < status->nr_limits; i++) {
		if (status->limits[i].width && status->limits[i].width < 4)
			narrowest = 1;
	}
	free(status);
	return narrowest;
}

/* Returns the set of access widths that return the same bytes as the request, @got. */
static unsigned int candidates(struct check *check, unsigned int width,
			       unsigned char by[PIECES][REGISTER_MAX], const unsigned char *got)
{
	unsigned int narrowest = width < check->narrowest ? width : check->narrowest;
	unsigned int i, piece, found = 0;

	for (i = 0, piece = 1; piece <= width; i++, piece *= 2) {
		if (piece < narrowest)
			continue;
		if (piece == width && !check->mapped)
			found |= found ? piece : 0;
		else if (!memcmp(by[i], got, width))
			found |= piece;
	}
	/* If narrower accesses all read something else, it was one access. */
	return found || check->mapped ? found : width;
}

static void print_candidates(unsigned int width, unsigned int found)
{
	unsigned int piece, before = 0;

	if (!found) {
		printf("unknown: no single width gives the same value");
		return;
	}
	if (found & (found - 1))
		printf("unknown: ");
	for (piece = width; piece; piece /= 2) {
		if (!(found & piece))
			continue;
		if (before)
			printf(" and ");
		print_pieces(width, piece);
		before++;
	}
	if (before > 1)
		printf(" give the same value");
}

static int check_by_reading(struct check *check, unsigned int width)
{
	struct reading first, second;

	if (take_reading(check, width, &first) || take_reading(check, width, &second))
		return -1;

	if (memcmp(&first, &second, sizeof(first)))
		printf("unknown: the register changes by itself");
	else
		print_candidates(width, candidates(check, width, first.by, first.request));
	return 0;
}

static int check_by_reading_back(struct check *check, unsigned int width,
				 unsigned char *value)
{
	unsigned char by[PIECES][REGISTER_MAX], got[REGISTER_MAX], old[REGISTER_MAX];
	unsigned int i, piece;
	int ret;

	if (!check->mapped) {
		printf("unknown: %s cannot be mapped", region_name(check->opts->index));
		return 0;
	}

	load_pieces(check, old, width, width);
	for (i = 0, piece = 1; piece <= width; i++, piece *= 2) {
		store_pieces(check, value, width, piece);
		load_pieces(check, by[i], width, width);
		store_pieces(check, old, width, width);
	}
	ret = request(check, true, value, width);
	load_pieces(check, got, width, width);
	store_pieces(check, old, width, width);
	if (ret)
		return ret;

	print_candidates(width, candidates(check, width, by, got));
	load_pieces(check, got, width, width);
	if (memcmp(got, old, width))
		printf(" (its old value could not be restored)");
	return 0;
}

/* ---- by the tracepoint ---- */

static int check_by_trace(struct check *check, bool is_write, unsigned int width,
			  unsigned char *value)
{
	unsigned char old[TRACED_MAX];
	struct accesses accesses;
	bool ret;

	if ((is_write && request(check, false, old, width)) || trace_clear(&check->trace))
		return -1;
	ret = request(check, is_write, value, width) || trace_read(&check->trace, &accesses);
	if (!ret)
		print_accesses(&accesses);
	if (is_write && request(check, true, old, width))
		ret = true;
	return ret ? -1 : 0;
}

static int check_width(struct check *check, bool is_write, unsigned int width)
{
	unsigned char value[TRACED_MAX];
	unsigned int i;
	int ret;

	for (i = 0; i < width; i++)
		value[i] = check->opts->value >> (8 * (i % 8));

	printf("%-5s %3u: ", is_write ? "write" : "read", width);
	if (check->traced)
		ret = check_by_trace(check, is_write, width, value);
	else if (check->opts->offset % width)
		ret = printf("skipped, 0x%llx is not a multiple of %u", check->opts->offset,
			     width) < 0;
	else
		ret = is_write ? check_by_reading_back(check, width, value) :
				 check_by_reading(check, width);
	putchar('\n');
	return ret;
}

static int check_direction(struct check *check, bool is_write)
{
	unsigned int width, most = check->traced ? TRACED_MAX : REGISTER_MAX;
	unsigned long long left = check->target.size - check->opts->offset;

	for (width = 1; width <= most && width <= left; width *= 2) {
		const char *what;
		int hazard = hazard_at(check->dev, check->opts, width, &what);

		if (hazard < 0)
			return -1;
		if (hazard || stop_asked())
			break;
		if (check_width(check, is_write, width))
			return -1;
	}
	return 0;
}

static const char *how_known(const struct check *check)
{
	if (check->traced)
		return "the kernel's tracepoint";
	if (check->mapped)
		return "what the register reads";
	return "what the register reads, without a mapping";
}

int do_check(struct device *dev, const struct options *opts)
{
	struct check check = { .dev = dev, .opts = opts };
	int ret;

	if (request_locate(dev, opts, false, &check.target) ||
	    (opts->write && request_locate(dev, opts, true, &check.target)) ||
	    hazard_refuse(dev, opts, 1))
		return -1;

	stop_catch();
	check.traced = trace_open(&check.trace);
	check.narrowest = narrowest_access();
	map(&check);
	printf("%s of %s at 0x%llx, by %s\n", region_name(opts->index), dev->func.bdf, opts->offset,
	       how_known(&check));
	ret = check_direction(&check, false);
	if (!ret && opts->write)
		ret = check_direction(&check, true);
	unmap(&check);
	trace_close(&check.trace);
	return ret;
}
