/* SPDX-License-Identifier: GPL-2.0-only */
/* Small files of sysfs, procfs and tracefs, and where to find them. */
#ifndef FILES_H
#define FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "macros.h"

const char *sysfs_root(void);
const char *dev_root(void);
const char *proc_root(void);
const char *modules_root(void);
int make_path(char *path, size_t len, const char *fmt, ...) __printf(3, 4);
bool file_exists(const char *fmt, ...) __printf(1, 2);
bool file_has(const char *word, const char *fmt, ...) __printf(2, 3);
bool read_text(char *text, size_t len, const char *fmt, ...) __printf(3, 4);
int write_text(const char *path, const char *text);

#endif
