// SPDX-License-Identifier: GPL-2.0-only
/*
 * Markers and results on s390x: a marker is an instruction without effect that
 * tests/s390x/zpci-log.c recognizes; results are in a file, which the machine prints at
 * its end.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "guest.h"

static FILE *results;

void guest_open(void)
{
	results = fopen("/results", "a");
	if (!results)
		guest_die("/results: %s", strerror(errno));
}

void guest_mark(unsigned int kind, unsigned int id)
{
	register unsigned long r2 asm("2") = id;

	/* brcl 0: a branch that is never taken. */
	if (kind == GUEST_MARK_BEGIN)
		asm volatile(".byte 0xc0, 0x04, 'V', 'P', 'W', 'B'" : : "d" (r2) : "memory");
	else
		asm volatile(".byte 0xc0, 0x04, 'V', 'P', 'W', 'E'" : : "d" (r2) : "memory");
}

void guest_log(const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vfprintf(results, fmt, args);
	va_end(args);
	if (len < 0)
		guest_die("/results: %s", strerror(errno));
}

/* Bit 51 of the clock is a microsecond, which is 1000 instructions in QEMU. */
unsigned long long guest_instructions(void)
{
	unsigned long long clock;

	asm volatile("stckf %0" : "=Q" (clock) : : "cc", "memory");

	return (clock >> 9) * 125 + (clock & 511) * 125 / 512;
}
