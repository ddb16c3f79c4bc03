/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>

/**
 * struct kernel_log - what the kernel log says since the livepatch was last applied
 * @readable: the log can be read
 * @ours: last refusal that names our module, "" if there is none
 * @unnamed: last refusal of a module that the kernel does not name, "" if there is none
 */
struct kernel_log {
	bool readable;
	char ours[512];
	char unnamed[512];
};

void log_find(struct kernel_log *log);

#endif
