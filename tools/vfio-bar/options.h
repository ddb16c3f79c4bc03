/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line, parsed. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "function.h"

/* Larger requests are refused: memory and one pread() or pwrite() must hold them. */
#define REQUEST_MAX	0x40000000ULL

/* Requests that bench times for each size, direction and path. */
#define BENCH_SAMPLES		1000
#define BENCH_SAMPLES_MIN	10
#define BENCH_SAMPLES_MAX	1000000

/* More than any kernel supports; sched_getaffinity() fails if a set is too small. */
#define CPUS_MAX		65536

enum switching {
	SWITCH_IF_ALONE,
	SWITCH_ALWAYS,
	SWITCH_NEVER,
};

/**
 * struct options - the command line
 * @bdf: the function
 * @index: region index of the BAR
 * @offset: offset of the request in the BAR
 * @count: bytes of the request
 * @repeat: how many times to make the request
 * @payload: bytes to write
 * @file: file that has the payload
 * @data: the payload in hex, as --data gave it
 * @raw: write the bytes read to standard output as they are
 * @quiet: read: do not print the bytes; bench: do not print progress
 * @keep_decode: leave memory and I/O decoding as they are
 * @json: print JSON
 * @write: check and bench may write
 * @value: value that check writes
 * @force: access ranges with known side effects, too
 * @samples: requests that bench times for each size, direction and path
 * @cpu: CPU that bench runs on, -1 to let it choose
 * @csv: file for the results of bench
 * @plot: file for the plot of bench
 * @module: file of the livepatch module
 * @switching: whether bench may switch the livepatch
 */
struct options {
	char bdf[BDF_LEN];
	unsigned int index;
	unsigned long long offset;
	size_t count;
	unsigned long long repeat;
	unsigned char *payload;
	const char *file;
	const char *data;
	bool raw;
	bool quiet;
	bool keep_decode;
	bool json;
	bool write;
	unsigned long long value;
	bool force;
	unsigned long long samples;
	long long cpu;
	const char *csv;
	const char *plot;
	const char *module;
	enum switching switching;
};

#endif
