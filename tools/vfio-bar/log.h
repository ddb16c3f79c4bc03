/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>
#include <stddef.h>

bool log_find(char *line, size_t len);

#endif
