// SPDX-License-Identifier: GPL-2.0-only
/* Small files of sysfs, procfs and tracefs. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "complain.h"
#include "files.h"

/* Tests set @variable to use another tree instead of @usual. */
static const char *tree_root(const char *variable, const char *usual)
{
	const char *dir = secure_getenv(variable);

	return dir && *dir ? dir : usual;
}

const char *sysfs_root(void)
{
	return tree_root("VFIO_BAR_SYSFS", "/sys");
}

const char *dev_root(void)
{
	return tree_root("VFIO_BAR_DEV", "/dev");
}

const char *proc_root(void)
{
	return tree_root("VFIO_BAR_PROC", "/proc");
}

const char *modules_root(void)
{
	return tree_root("VFIO_BAR_MODULES", "/lib/modules");
}

int make_path(char *path, size_t len, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(path, len, fmt, args);
	va_end(args);

	if (n < 0 || (size_t)n >= len)
		return complain("path too long: %s...", path);
	return 0;
}

/* Reads the first line. Returns false, and "" in @text, if there is none to read. */
bool read_text(char *text, size_t len, const char *fmt, ...)
{
	char path[PATH_MAX];
	va_list args;
	FILE *file;
	bool good;

	text[0] = '\0';
	va_start(args, fmt);
	vsnprintf(path, sizeof(path), fmt, args);
	va_end(args);

	file = fopen(path, "re");
	if (!file)
		return false;
	good = fgets(text, len, file);
	fclose(file);
	text[strcspn(text, "\n")] = '\0';
	return good;
}

bool file_exists(const char *fmt, ...)
{
	char path[PATH_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(path, sizeof(path), fmt, args);
	va_end(args);
	return !access(path, F_OK);
}

/* Does a line of the file contain @word? */
bool file_has(const char *word, const char *fmt, ...)
{
	char path[PATH_MAX], line[4096];
	bool found = false;
	va_list args;
	FILE *file;

	va_start(args, fmt);
	vsnprintf(path, sizeof(path), fmt, args);
	va_end(args);

	file = fopen(path, "re");
	while (file && !found && fgets(line, sizeof(line), file))
		found = strstr(line, word);
	if (file)
		fclose(file);
	return found;
}

int write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");
	int err = 0;

	if (!file)
		return complain("cannot open %s: %s", path, strerror(errno));
	if (fputs(text, file) == EOF)
		err = errno;
	if (fclose(file) && !err)
		err = errno;
	if (err)
		return complain("cannot write '%s' to %s: %s", text, path, strerror(err));
	return 0;
}
