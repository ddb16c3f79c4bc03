/* SPDX-License-Identifier: GPL-2.0-only */
/* Which path serves requests on BARs, and what is known about it. */
#ifndef STATUS_H
#define STATUS_H

#include <stdbool.h>
#include <sys/utsname.h>

#include "livepatch.h"
#include "log.h"
#include "module.h"

#define HOLDERS_MAX	16
#define LIMITS_MAX	32

enum path {
	PATH_NONE,		/* there is no vfio_pci_core */
	PATH_STOCK,		/* the kernel's own vfio_pci_core */
	PATH_FOREIGN,		/* an out-of-tree vfio_pci_core that is not ours */
	PATH_LIVEPATCH,
	PATH_REPLACEMENT,
	PATH_IN_TREE,
};

enum core_state {
	CORE_ABSENT,
	CORE_LOADED,
	CORE_BUILTIN,
};

/**
 * struct limit - one vendor:device:width of bar_max_width=
 * @vendor: vendor ID
 * @device: device ID
 * @width: bytes, 0 for no limit
 */
struct limit {
	unsigned int vendor;
	unsigned int device;
	unsigned int width;
};

/**
 * struct status - what vfio-bar status reports
 * @path: the path that serves requests
 * @serves: the path is ours and serves all tasks, as far as the kernel tells
 * @how: how @path is known
 * @uts: the kernel
 * @can_livepatch: the kernel has CONFIG_LIVEPATCH
 * @core_state: whether vfio_pci_core is there
 * @core: vfio_pci_core as a module
 * @module: the livepatch module
 * @livepatch: the livepatch
 * @holders: tasks that hold up its transition
 * @nr_holders: how many there are; can exceed the room in @holders
 * @has_limits: the path has bar_max_width=
 * @limits_text: bar_max_width= as the kernel shows it
 * @max_width: limit for all functions, 0 for none
 * @limits: limits by ID
 * @nr_limits: how many there are
 * @file: the file of the livepatch module
 * @sig_enforce: the kernel refuses modules without a valid signature
 * @lockdown: lockdown mode, "" if the kernel is not locked down
 * @log: what the kernel log says
 */
struct status {
	enum path path;
	bool serves;
	char how[256];
	struct utsname uts;
	bool can_livepatch;
	enum core_state core_state;
	struct module_info core;
	struct module_info module;
	struct livepatch livepatch;
	struct holder holders[HOLDERS_MAX];
	unsigned int nr_holders;
	bool has_limits;
	char limits_text[1024];
	unsigned int max_width;
	struct limit limits[LIMITS_MAX];
	unsigned int nr_limits;
	struct installed file;
	bool sig_enforce;
	char lockdown[32];
	struct kernel_log log;
};

void status_find(struct status *status);
const char *path_name(enum path path);

#endif
