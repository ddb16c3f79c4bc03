/* SPDX-License-Identifier: GPL-2.0-only */
/* Switches the livepatch off and on. */
#ifndef SWITCH_H
#define SWITCH_H

#include <limits.h>
#include <stdbool.h>

#include "options.h"

/**
 * struct switcher - a livepatch that can be switched
 * @can: it can be switched
 * @why_not: why it cannot
 * @was_on: it was on at the start
 * @is_on: it is on now
 * @module: file of the module
 * @parameters: parameters that the module was loaded with
 */
struct switcher {
	bool can;
	char why_not[256];
	bool was_on;
	bool is_on;
	char module[PATH_MAX];
	char parameters[1100];
};

void switch_find(struct switcher *switcher, const struct options *opts);
int switch_to(struct switcher *switcher, bool on);
int switch_back(struct switcher *switcher);

#endif
