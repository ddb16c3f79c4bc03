/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of vfio-bar bench share. */
#ifndef BENCH_H
#define BENCH_H

#include <limits.h>
#include <stdbool.h>

#include "options.h"

/**
 * struct machine - where the figures come from
 * @cpu: the CPU that all is measured on
 * @clock: name of the clock
 * @clock_ns: what a reading of the clock costs; it is taken off
 * @virtual_by: what tells that this is a virtual machine, "" if nothing does
 */
struct machine {
	int cpu;
	const char *clock;
	unsigned long long clock_ns;
	char virtual_by[128];
};

/**
 * struct figures - what was measured of one kind of request
 * @bytes: of the request
 * @count: number of samples
 * @median: nanoseconds
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
 * struct curve - the figures of one path and direction
 * @path: as status has it
 * @direction: "read" or "write"
 * @figures: by size of the request
 * @count: how many sizes
 */
struct curve {
	const char *path;
	const char *direction;
	const struct figures *figures;
	unsigned int count;
};

/**
 * struct switcher - the livepatch, which can be switched
 * @can: it can be
 * @why_not: why it cannot
 * @was_on: how it was found
 * @is_on: how it is
 * @module: its file, "" if modprobe finds it
 * @parameters: those that it had
 */
struct switcher {
	bool can;
	char why_not[256];
	bool was_on;
	bool is_on;
	char module[PATH_MAX];
	char parameters[1100];
};

/* machine.c */
int machine_find(struct machine *machine, const char *bdf, long long cpu);
unsigned long long machine_clock(void);

/* switch.c */
void switch_find(struct switcher *switcher, const struct options *opts);
int switch_to(struct switcher *switcher, bool on);
int switch_back(struct switcher *switcher);

/* plot.c */
bool plot_possible(void);
int plot_curves(const char *file, const char *title, const struct curve *curves,
		unsigned int count);

#endif
