/* SPDX-License-Identifier: GPL-2.0-only */
/* Plots of what bench measured. */
#ifndef PLOT_H
#define PLOT_H

#include <stdbool.h>

/**
 * struct figures - times of requests of one size
 * @bytes: size of the request
 * @count: number of samples
 * @median: in nanoseconds
 * @p5: 5th percentile
 * @p95: 95th percentile
 */
struct figures {
	unsigned int bytes;
	unsigned int count;
	unsigned long long median;
	unsigned long long p5;
	unsigned long long p95;
};

/**
 * struct curve - times of one path and direction
 * @path: name of the path
 * @direction: "read" or "write"
 * @figures: by size of the request
 * @count: number of sizes
 */
struct curve {
	const char *path;
	const char *direction;
	const struct figures *figures;
	unsigned int count;
};

bool plot_possible(void);
int plot_curves(const char *file, const char *title, const struct curve *curves,
		unsigned int count);

#endif
