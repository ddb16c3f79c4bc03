// SPDX-License-Identifier: GPL-2.0-only
/* Signals that end the program, after it has restored what it changed. */
#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>

#include "macros.h"
#include "stop.h"

static volatile sig_atomic_t stop_signal;

static void record_signal(int number)
{
	stop_signal = number;
}

/* A signal that is ignored, such as SIGHUP under nohup, stays ignored. */
void stop_catch(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct sigaction old, action = { .sa_handler = record_signal };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		if (!sigaction(signals[i], NULL, &old) && old.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	}
}

bool stop_asked(void)
{
	return stop_signal;
}

/* Ends the program by the recorded signal, so that its parent sees that. */
void stop_if_asked(void)
{
	if (!stop_signal)
		return;
	signal(stop_signal, SIG_DFL);
	raise(stop_signal);
}
