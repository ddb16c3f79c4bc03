/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands. Each returns an exit code, or a negative value after complain(). */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "options.h"
#include "vfio.h"

enum exit_code {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_IN_TRANSITION = 3,
};

int do_info(struct device *dev, const struct options *opts);
int do_read(struct device *dev, const struct options *opts);
int do_write(struct device *dev, const struct options *opts);
int do_check(struct device *dev, const struct options *opts);
int do_bench(struct device *dev, const struct options *opts);
int do_status(const struct options *opts);

#endif
