// SPDX-License-Identifier: GPL-2.0-only
/* The machine that bench runs on: its clock, its CPUs and whether it is virtual. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
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

/* The first allowed CPU that is local to the function; local_cpulist is "0-3,8". */
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

/* Do the DMI strings have one of @names? @text gets the string that does. */
static bool dmi_has(const char *const *names, size_t count, char *text, size_t len)
{
	static const char *const files[] = { "sys_vendor", "product_name" };
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		read_text(text, len, "%s/class/dmi/id/%s", sysfs_root(), files[i]);
		for (k = 0; k < count; k++) {
			if (strstr(text, names[k]))
				return true;
		}
	}
	return false;
}

/*
 * Clouds offer virtual and bare-metal instances with the same DMI vendor. On x86 the CPU
 * tells them apart. Elsewhere only EC2 does, by instance types such as m7g.metal.
 */
static bool is_cloud_vm(bool is_x86, char *text, size_t len)
{
	static const char *const clouds[] = { "Amazon EC2", "Google Compute" };
	static const char *const metal[] = { ".metal" };

	return !is_x86 && !dmi_has(metal, ARRAY_SIZE(metal), text, len) &&
	       dmi_has(clouds, ARRAY_SIZE(clouds), text, len);
}

/* Does not find a hypervisor that hides itself. */
static void find_hypervisor(struct machine *machine)
{
	static const char *const makers[] = {
		"QEMU", "KVM", "VMware", "VirtualBox", "innotek", "Xen", "Bochs",
		"Virtual Machine", "OpenStack", "Parallels", "bhyve",
	};
	bool is_x86 = file_has("flags\t", "%s/cpuinfo", proc_root());
	char *by = machine->virtual_by;
	size_t len = sizeof(machine->virtual_by);
	char text[100];

	if (file_has(" hypervisor", "%s/cpuinfo", proc_root()))
		snprintf(by, len, "the CPU has the flag hypervisor");
	else if (file_has("VM00", "%s/sysinfo", proc_root()))
		snprintf(by, len, "/proc/sysinfo has VM00");
	else if (file_has("dummy-virt", "%s/device-tree/compatible", proc_root()) ||
		 file_exists("%s/device-tree/hypervisor", proc_root()))
		snprintf(by, len, "the device tree is a virtual machine's");
	else if (read_text(text, sizeof(text), "%s/hypervisor/type", sysfs_root()))
		snprintf(by, len, "/sys/hypervisor/type is %s", text);
	else if (dmi_has(makers, ARRAY_SIZE(makers), text, sizeof(text)) ||
		 is_cloud_vm(is_x86, text, sizeof(text)))
		snprintf(by, len, "DMI says %s", text);
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
