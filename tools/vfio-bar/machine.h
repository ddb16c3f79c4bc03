/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine that bench runs on. */
#ifndef MACHINE_H
#define MACHINE_H

#include <stddef.h>

/**
 * struct machine - where the times come from
 * @cpu: CPU that everything runs on
 * @clock: name of the clock
 * @clock_ns: time that one reading of the clock takes; already subtracted
 * @virtual_by: how a virtual machine is recognized, "" if none is
 */
struct machine {
	int cpu;
	const char *clock;
	unsigned long long clock_ns;
	char virtual_by[128];
};

int machine_find(struct machine *machine, const char *bdf, long long cpu);
unsigned long long machine_clock(void);
void sort_times(unsigned long long *times, size_t count);

#endif
