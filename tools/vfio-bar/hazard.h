/* SPDX-License-Identifier: GPL-2.0-only */
/* Ranges of a BAR where an access has known side effects. */
#ifndef HAZARD_H
#define HAZARD_H

#include "options.h"
#include "vfio.h"

int hazard_at(struct device *dev, const struct options *opts, size_t count, const char **what);
int hazard_refuse(struct device *dev, const struct options *opts, size_t count);

#endif
