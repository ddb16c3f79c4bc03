/* SPDX-License-Identifier: GPL-2.0-only */
/* A request on a BAR. */
#ifndef REQUEST_H
#define REQUEST_H

#include "options.h"
#include "vfio.h"

/**
 * struct request_target - where a request goes
 * @pos: its offset in the device's file
 * @size: bytes of the BAR
 * @mappable: at least a part of the BAR can be mapped
 */
struct request_target {
	unsigned long long pos;
	unsigned long long size;
	bool mappable;
};

int load_file(struct options *opts);
int request_locate(struct device *dev, const struct options *opts, bool is_write,
		   struct request_target *target);
int request_once(struct device *dev, const struct options *opts,
		 const struct request_target *target, bool is_write, void *buf, size_t count);

#endif
