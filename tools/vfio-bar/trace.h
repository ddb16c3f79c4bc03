/* SPDX-License-Identifier: GPL-2.0-only */
/* The accesses of a request, as the kernel traces them. */
#ifndef TRACE_H
#define TRACE_H

#include <limits.h>
#include <stdbool.h>

#define ACCESSES_MAX	256

/**
 * struct accesses - the accesses of a request
 * @width: access widths in bytes, in order
 * @count: number of accesses
 */
struct accesses {
	unsigned int width[ACCESSES_MAX];
	unsigned int count;
};

/**
 * struct trace - a tracefs instance
 * @dir: its directory, "" if there is none
 */
struct trace {
	char dir[PATH_MAX];
};

bool trace_open(struct trace *trace);
void trace_close(struct trace *trace);
int trace_clear(struct trace *trace);
int trace_read(struct trace *trace, struct accesses *accesses);

#endif
