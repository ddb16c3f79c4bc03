// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records accesses by the tracepoint vfio_pci_bar_access, in a tracefs instance that nobody
 * else uses.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "complain.h"
#include "files.h"
#include "macros.h"
#include "trace.h"

static const char *const places[] = { "kernel/tracing", "kernel/debug/tracing" };

static int event_file(const struct trace *trace, const char *name, const char *text)
{
	char path[PATH_MAX];

	if (make_path(path, sizeof(path), "%s/events/vfio_pci/vfio_pci_bar_access/%s", trace->dir,
		      name))
		return -1;
	return write_text(path, text);
}

/* Returns false if there is no such tracepoint or it cannot be used. */
bool trace_open(struct trace *trace)
{
	char name[32], filter[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		if (file_exists("%s/%s/events/vfio_pci/vfio_pci_bar_access", sysfs_root(),
				places[i]))
			break;
	}
	trace->dir[0] = '\0';
	if (i == ARRAY_SIZE(places) ||
	    make_path(trace->dir, sizeof(trace->dir), "%s/%s/instances/vfio-bar-%d", sysfs_root(),
		      places[i], getpid()))
		return false;
	if (mkdir(trace->dir, 0700)) {
		trace->dir[0] = '\0';
		return false;
	}

	/* By name: common_pid is the PID in the initial namespace, getpid() that in ours. */
	snprintf(name, sizeof(name), "vfio-%d", getpid());
	prctl(PR_SET_NAME, name);
	snprintf(filter, sizeof(filter), "comm == \"%s\"", name);
	if (!event_file(trace, "filter", filter) && !event_file(trace, "enable", "1"))
		return true;
	trace_close(trace);
	return false;
}

void trace_close(struct trace *trace)
{
	if (!trace->dir[0])
		return;
	event_file(trace, "enable", "0");
	if (rmdir(trace->dir))
		complain("cannot remove %s: %s", trace->dir, strerror(errno));
	trace->dir[0] = '\0';
	prctl(PR_SET_NAME, "vfio-bar");
}

/* Drops the recorded accesses. */
int trace_clear(struct trace *trace)
{
	char path[PATH_MAX];

	if (make_path(path, sizeof(path), "%s/trace", trace->dir))
		return -1;
	return write_text(path, "");
}

/* Reads the widths of all accesses since trace_clear(), in order. */
int trace_read(struct trace *trace, struct accesses *accesses)
{
	char path[PATH_MAX], line[512];
	FILE *file;

	accesses->count = 0;
	if (make_path(path, sizeof(path), "%s/trace", trace->dir))
		return -1;
	file = fopen(path, "re");
	if (!file)
		return complain("cannot open %s: %s", path, strerror(errno));

	while (fgets(line, sizeof(line), file)) {
		const char *event = strstr(line, ": vfio_pci_bar_access: ");
		const char *width = event ? strstr(event, " width=") : NULL;
		unsigned int value;

		if (width && sscanf(width, " width=%u", &value) == 1 &&
		    accesses->count < ACCESSES_MAX)
			accesses->width[accesses->count++] = value;
	}
	fclose(file);
	return 0;
}
