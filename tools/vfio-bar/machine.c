// SPDX-License-Identifier: GPL-2.0-only
/* The machine that is measured: its clock, the CPU to run on, and whether it is a real one. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "complain.h"
#include "files.h"
#include "machine.h"
#include "macros.h"
#include "options.h"

#define CLOCK_TRIES	1001

/* Not slewed by NTP, and read without a system call on most machines. */
#define CLOCK		CLOCK_MONOTONIC_RAW

unsigned long long machine_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	const unsigned long long *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

void sort_times(unsigned long long *times, size_t count)
{
	qsort(times, count, sizeof(times[0]), compare);
}

static unsigned long long clock_cost(void)
{
	unsigned long long cost[CLOCK_TRIES];
	size_t i;

	for (i = 0; i < CLOCK_TRIES; i++) {
		unsigned long long start = machine_clock();

		cost[i] = machine_clock() - start;
	}
	sort_times(cost, CLOCK_TRIES);
	return cost[CLOCK_TRIES / 2];
}

static int first_allowed(const cpu_set_t *allowed, int from, int to)
{
	int cpu;

	for (cpu = from; cpu <= to && cpu < CPUS_MAX; cpu++) {
		if (CPU_ISSET_S(cpu, CPU_ALLOC_SIZE(CPUS_MAX), allowed))
			return cpu;
	}
	return -1;
}

/* The first allowed CPU of the function's NUMA node; local_cpulist is "0-3,8". */
static int local_cpu(const char *bdf, const cpu_set_t *allowed)
{
	char text[4096], *pos = text;
	int found = -1;

	read_text(text, sizeof(text), "%s/bus/pci/devices/%s/local_cpulist", sysfs_root(), bdf);
	while (found < 0 && *pos) {
		char *end;
		long from = strtol(pos, &end, 10), to = from;

		if (end == pos)
			break;
		if (*end == '-')
			to = strtol(end + 1, &end, 10);
		found = first_allowed(allowed, from, to);
		pos = *end == ',' ? end + 1 : end;
	}
	return found >= 0 ? found : first_allowed(allowed, 0, CPUS_MAX - 1);
}

static int pin(struct machine *machine, const char *bdf, long long wanted)
{
	size_t size = CPU_ALLOC_SIZE(CPUS_MAX);
	cpu_set_t *cpus = CPU_ALLOC(CPUS_MAX);
	int ret = 0;

	if (!cpus)
		return complain("no memory for %zu bytes", size);

	if (sched_getaffinity(0, size, cpus)) {
		ret = complain("cannot get the CPU affinity: %s", strerror(errno));
	} else {
		machine->cpu = wanted >= 0 ? wanted : local_cpu(bdf, cpus);
		CPU_ZERO_S(size, cpus);
		CPU_SET_S(machine->cpu, size, cpus);
		if (sched_setaffinity(0, size, cpus))
			ret = complain("cannot run on CPU %d: %s", machine->cpu, strerror(errno));
	}
	CPU_FREE(cpus);
	return ret;
}

static bool file_has(const char *path, const char *word)
{
	char line[4096];
	bool found = false;
	FILE *file = fopen(path, "re");

	while (file && !found && fgets(line, sizeof(line), file))
		found = strstr(line, word);
	if (file)
		fclose(file);
	return found;
}

static void __printf(2, 3) virtual_by(struct machine *machine, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(machine->virtual_by, sizeof(machine->virtual_by), fmt, args);
	va_end(args);
}

static void find_hypervisor(struct machine *machine)
{
	static const char *const makers[] = {
		"QEMU", "KVM", "VMware", "VirtualBox", "innotek", "Xen", "Bochs",
		"Virtual Machine", "Google Compute", "Amazon EC2", "OpenStack", "Parallels",
		"bhyve",
	};
	static const char *const files[] = { "sys_vendor", "product_name" };
	char text[128], path[64];
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		read_text(text, sizeof(text), "%s/class/dmi/id/%s", sysfs_root(), files[i]);
		for (k = 0; k < ARRAY_SIZE(makers); k++) {
			if (!strstr(text, makers[k]))
				continue;
			virtual_by(machine, "DMI says %.100s", text);
			return;
		}
	}

	snprintf(path, sizeof(path), "%.40s/cpuinfo", proc_root());
	if (file_has(path, " hypervisor"))
		virtual_by(machine, "flag hypervisor of the CPU");
	snprintf(path, sizeof(path), "%.40s/sysinfo", proc_root());
	if (file_has(path, "VM00"))
		virtual_by(machine, "/proc/sysinfo has a VM00");
	if (file_exists("%s/device-tree/hypervisor", proc_root()))
		virtual_by(machine, "the device tree has a hypervisor");
	if (read_text(text, sizeof(text), "%s/hypervisor/type", sysfs_root()))
		virtual_by(machine, "hypervisor %.100s", text);
}

int machine_find(struct machine *machine, const char *bdf, long long cpu)
{
	memset(machine, 0, sizeof(*machine));
	if (pin(machine, bdf, cpu))
		return -1;
	machine->clock = "CLOCK_MONOTONIC_RAW";
	machine->clock_ns = clock_cost();
	find_hypervisor(machine);
	return 0;
}
