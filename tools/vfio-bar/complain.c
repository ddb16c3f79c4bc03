// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>

#include "complain.h"

/* Prints one line to standard error. Returns -1, so that callers can return the result. */
int complain(const char *fmt, ...)
{
	va_list args;

	fflush(stdout);
	fputs("vfio-bar: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	return -1;
}
