// SPDX-License-Identifier: GPL-2.0-only
/* Signals that end the program, but not before it has put things back. */
#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>

#include "macros.h"
#include "stop.h"

static volatile sig_atomic_t stop_signal;

static void note_signal(int number)
{
	stop_signal = number;
}

/* From now on they are only noted. */
void stop_catch(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct sigaction action = { .sa_handler = note_signal };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &action, NULL);
}

bool stop_asked(void)
{
	return stop_signal;
}

/* Ends as the signal would have ended the program, for who waits for it. */
void stop_if_asked(void)
{
	if (!stop_signal)
		return;
	signal(stop_signal, SIG_DFL);
	raise(stop_signal);
}
