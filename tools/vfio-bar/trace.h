/* SPDX-License-Identifier: GPL-2.0-only */
/* The accesses that a request becomes. */
#ifndef TRACE_H
#define TRACE_H

#include <limits.h>
#include <stdbool.h>

#define ACCESSES_MAX	256

/**
 * struct accesses - what a request became
 * @width: bytes of each access, in their order
 * @count: how many there were
 */
struct accesses {
	unsigned int width[ACCESSES_MAX];
	unsigned int count;
};

/**
 * struct trace - an instance of the kernel's tracing
 * @dir: where it is, "" if it is not there
 */
struct trace {
	char dir[PATH_MAX];
};

bool trace_open(struct trace *trace);
void trace_close(struct trace *trace);
int trace_clear(struct trace *trace);
int trace_read(struct trace *trace, struct accesses *accesses);

#endif
