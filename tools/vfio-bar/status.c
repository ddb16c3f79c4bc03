// SPDX-License-Identifier: GPL-2.0-only
/* Finds out which path serves requests on BARs. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "macros.h"
#include "status.h"

#define PARAMETER	"parameters/bar_max_width"

/* Part of the JSON and of the CSV, so these names must not change. */
const char *path_name(enum path path)
{
	static const char *const names[] = {
		[PATH_NONE] = "none",
		[PATH_STOCK] = "stock",
		[PATH_FOREIGN] = "foreign",
		[PATH_LIVEPATCH] = "livepatch",
		[PATH_REPLACEMENT] = "replacement",
		[PATH_IN_TREE] = "in-tree",
	};

	return names[path];
}

/* Built in, vfio_pci_core has a directory only if it has parameters. */
static enum core_state find_core_state(const char *release)
{
	if (file_exists("%s/module/" CORE "/initstate", sysfs_root()))
		return CORE_LOADED;
	if (file_exists("%s/module/" CORE, sysfs_root()) ||
	    file_exists("%s/bus/pci/drivers/vfio-pci", sysfs_root()) ||
	    file_has("/vfio-pci-core.ko", "%s/%s/modules.builtin", modules_root(), release))
		return CORE_BUILTIN;
	return CORE_ABSENT;
}

static bool is_out_of_tree(const struct module_info *module)
{
	return strchr(module->taint, 'O');
}

static enum path find_path(const struct status *status)
{
	if (status->core_state == CORE_ABSENT)
		return PATH_NONE;
	if (status->livepatch.enabled || status->livepatch.transition)
		return PATH_LIVEPATCH;
	if (file_exists("%s/module/" CORE "/" PARAMETER, sysfs_root()))
		return is_out_of_tree(&status->core) ? PATH_REPLACEMENT : PATH_IN_TREE;
	return is_out_of_tree(&status->core) ? PATH_FOREIGN : PATH_STOCK;
}

static void tell_how(struct status *status)
{
	const struct livepatch *livepatch = &status->livepatch;
	char *how = status->how;
	const char *core = status->core_state == CORE_BUILTIN ? "built in" : "the kernel's own";
	int n;

	switch (status->path) {
	case PATH_LIVEPATCH:
		n = snprintf(how, sizeof(status->how), "/sys/kernel/livepatch/" MODULE " is %s",
			     livepatch->enabled ? "enabled" : "being disabled");
		/* Before 6.1, the kernel does not tell. */
		if (livepatch->patched >= 0)
			snprintf(how + n, sizeof(status->how) - n, ", %s is %s", livepatch->object,
				 livepatch->patched ? "patched" : "not patched");
		break;
	case PATH_REPLACEMENT:
		snprintf(how, sizeof(status->how),
			 CORE " is an out-of-tree module and has " PARAMETER);
		break;
	case PATH_IN_TREE:
		snprintf(how, sizeof(status->how), CORE " is %s and has " PARAMETER, core);
		break;
	case PATH_FOREIGN:
		snprintf(how, sizeof(status->how),
			 CORE " is an out-of-tree module and has no " PARAMETER);
		break;
	case PATH_STOCK:
		snprintf(how, sizeof(status->how), CORE " is %s and has no " PARAMETER
			 ", and there is no /sys/kernel/livepatch/" MODULE, core);
		break;
	case PATH_NONE:
		snprintf(how, sizeof(status->how), "there is no /sys/module/" CORE);
		break;
	}
}

/* "8,8086:1572:4" limits all functions to 8 bytes and one ID to 4. */
static void parse_limits(struct status *status)
{
	char text[sizeof(status->limits_text)];
	char *entry, *rest;

	snprintf(text, sizeof(text), "%s", status->limits_text);
	for (entry = strtok_r(text, ",", &rest); entry; entry = strtok_r(NULL, ",", &rest)) {
		struct limit *limit = &status->limits[status->nr_limits];

		if (sscanf(entry, "%x:%x:%u", &limit->vendor, &limit->device, &limit->width) != 3)
			status->max_width = atoi(entry);
		else if (status->nr_limits < LIMITS_MAX - 1)
			status->nr_limits++;
	}
}

static void find_limits(struct status *status)
{
	static const char *const modules[] = { MODULE, CORE };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(modules) && !status->has_limits; i++)
		status->has_limits = read_text(status->limits_text, sizeof(status->limits_text),
					       "%s/module/%s/" PARAMETER, sysfs_root(),
					       modules[i]);
	parse_limits(status);
}

/* The file reads "none [integrity] confidentiality". */
static void find_lockdown(struct status *status)
{
	char text[64], *start, *end;

	read_text(text, sizeof(text), "%s/kernel/security/lockdown", sysfs_root());
	start = strchr(text, '[');
	end = start ? strchr(start, ']') : NULL;
	if (!end)
		return;
	*end = '\0';
	if (strcmp(start + 1, "none"))
		snprintf(status->lockdown, sizeof(status->lockdown), "%s", start + 1);
}

void status_find(struct status *status)
{
	char text[16];

	memset(status, 0, sizeof(*status));
	uname(&status->uts);
	status->can_livepatch = file_exists("%s/kernel/livepatch", sysfs_root());
	status->core_state = find_core_state(status->uts.release);
	module_find(&status->core, CORE);
	module_find(&status->module, MODULE);
	livepatch_find(&status->livepatch);
	status->path = find_path(status);
	tell_how(status);

	status->nr_holders = livepatch_holders(&status->livepatch, status->holders, HOLDERS_MAX);
	find_limits(status);
	installed_find(&status->file, status->uts.release);
	read_text(text, sizeof(text), "%s/module/module/parameters/sig_enforce", sysfs_root());
	status->sig_enforce = text[0] == 'Y';
	find_lockdown(status);
	log_find(&status->log);
	status->serves = status->path == PATH_REPLACEMENT || status->path == PATH_IN_TREE ||
			 (status->path == PATH_LIVEPATCH && status->livepatch.enabled &&
			  !status->livepatch.transition && status->livepatch.patched &&
			  status->livepatch.above_counts != 1);
}
