// SPDX-License-Identifier: GPL-2.0-only
/* Refusals of modules in the kernel log. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "log.h"
#include "module.h"

#define RECORD_MAX	8192

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/*
 * Lines about bar_max_width are no refusals: a write to it can fail while the module is
 * loaded. If it keeps the module from loading, the kernel logs another line that names the
 * module. Taint warnings are no refusals either.
 */
static bool is_refusal(const char *text)
{
	return begins(text, MODULE ": ") && !begins(text, MODULE ": bar_max_width: ") &&
	       !strstr(text, "taint");
}

/* The module loader and lockdown do not say which module they refuse. */
static void look_at(const char *text, struct kernel_log *log)
{
	if (!strcmp(text, "livepatch: '" MODULE "': patching complete")) {
		log->ours[0] = '\0';
		log->unnamed[0] = '\0';
	} else if (is_refusal(text)) {
		snprintf(log->ours, sizeof(log->ours), "%s", text);
	} else if ((begins(text, "Loading of ") && strstr(text, " is rejected")) ||
		   (begins(text, "Lockdown: ") && strstr(text, "module"))) {
		snprintf(log->unnamed, sizeof(log->unnamed), "%s", text);
	}
}

/* A record is "6,339,5140900,-;message" and lines that begin with a blank. */
void log_find(struct kernel_log *log)
{
	char path[PATH_MAX], record[RECORD_MAX];
	unsigned int tries = 0;
	ssize_t n;
	int fd;

	memset(log, 0, sizeof(*log));
	if (make_path(path, sizeof(path), "%s/kmsg", dev_root()))
		return;
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;

	log->readable = true;
	/* -EPIPE: records were overwritten before they were read. */
	while ((n = read(fd, record, sizeof(record) - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		char *text = record, *end;

		if (n < 0 && ++tries > 100)
			break;
		if (n < 0)
			continue;
		record[n] = '\0';
		for (; *text; text = end) {
			char *message;

			end = text + strcspn(text, "\n");
			if (*end)
				*end++ = '\0';
			message = *text == ' ' ? NULL : strchr(text, ';');
			if (message)
				look_at(message + 1, log);
		}
	}
	close(fd);
}
