/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ADVICE_H
#define ADVICE_H

#include "status.h"

/**
 * struct advice - what to do about a status
 * @problem: why requests do not keep their width, "" if they do
 * @next: what to do, "" for nothing
 */
struct advice {
	char problem[1024];
	char next[1024];
};

void advise(const struct status *status, struct advice *advice);

#endif
