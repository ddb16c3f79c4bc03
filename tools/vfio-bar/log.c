// SPDX-License-Identifier: GPL-2.0-only
/* What the kernel's log says of the livepatch. */
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

/* A refusal of the module: what it says itself, or what the module loader says of it. */
static bool is_refusal(const char *text)
{
	if (!strncmp(text, MODULE ": ", strlen(MODULE ": ")))
		return !strstr(text, "taint");
	return (!strncmp(text, "Loading of ", 11) && strstr(text, " is rejected")) ||
	       (!strncmp(text, "Lockdown: ", 10) && strstr(text, "module"));
}

static bool is_success(const char *text)
{
	return !strcmp(text, "livepatch: '" MODULE "': patching complete");
}

static void look_at(const char *text, char *line, size_t len)
{
	if (is_success(text))
		line[0] = '\0';
	else if (is_refusal(text))
		snprintf(line, len, "%s", text);
}

/*
 * Sets @line to the last refusal since the livepatch was on, "" if there is none. A record
 * is "6,339,5140900,-;message", and lines that begin with a blank. Returns false if the log
 * cannot be read.
 */
bool log_find(char *line, size_t len)
{
	char path[PATH_MAX], record[RECORD_MAX];
	unsigned int tries = 0;
	ssize_t n;
	int fd;

	line[0] = '\0';
	if (make_path(path, sizeof(path), "%s/kmsg", dev_root()))
		return false;
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return false;

	/* -EPIPE is for a record that was overwritten before it was read. */
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
				look_at(message + 1, line, len);
		}
	}
	close(fd);
	return true;
}
