// SPDX-License-Identifier: GPL-2.0-only
/* vfio-bar status, as text or as JSON. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "advice.h"
#include "commands.h"
#include "complain.h"
#include "json.h"
#include "macros.h"
#include "version.h"
#include "status.h"

static void __printf(2, 3) line(const char *name, const char *fmt, ...)
{
	va_list args;

	printf("%-11s ", name);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
}

static const char *path_meaning(const struct status *status)
{
	switch (status->path) {
	case PATH_LIVEPATCH:
		return status->serves ? "requests on BARs keep their width" :
					"some or all requests on BARs do not keep their width";
	case PATH_REPLACEMENT:
	case PATH_IN_TREE:
		return "requests on BARs keep their width";
	case PATH_STOCK:
		return "the kernel's own code serves requests on BARs and may split them";
	case PATH_FOREIGN:
		return "an unknown vfio_pci_core serves requests on BARs and may split them";
	default:
		return "vfio-pci is not loaded";
	}
}

static void print_limits(const struct status *status)
{
	unsigned int i;

	if (!status->has_limits)
		return;
	if (status->max_width)
		line("limits", "%u bytes for all functions", status->max_width);
	else
		line("limits", "none for all functions");
	for (i = 0; i < status->nr_limits; i++) {
		const struct limit *limit = &status->limits[i];

		if (limit->width)
			line("", "%u bytes for %04x:%04x", limit->width, limit->vendor,
			     limit->device);
		else
			line("", "none for %04x:%04x", limit->vendor, limit->device);
	}
}

static void print_module(const char *name, const struct module_info *module, const char *origin)
{
	if (!module->loaded)
		return;
	line(name, "%s%s%s%s%s%s%s", origin, module->version[0] ? ", version " : "",
	     module->version, module->srcversion[0] ? ", srcversion " : "", module->srcversion,
	     module->taint[0] ? ", taint " : "", module->taint);
}

static void print_transition(const struct status *status)
{
	const struct livepatch *livepatch = &status->livepatch;
	unsigned int i;

	if (livepatch->transition)
		line("transition", "the livepatch is being %s",
		     livepatch->enabled ? "enabled" : "disabled");
	else if (livepatch->busy[0])
		line("transition", "livepatch %s is in transition", livepatch->busy);
	else if (livepatch->there)
		line("transition", "none");
	for (i = 0; i < status->nr_holders && i < HOLDERS_MAX; i++) {
		const struct holder *holder = &status->holders[i];

		line("", "held up by %s%s (pid %d, tid %d, state %c)%s%s",
		     holder->kthread ? "kernel thread " : "", holder->name, holder->pid,
		     holder->tid, holder->state, holder->where[0] ? " in " : "", holder->where);
	}
	if (status->nr_holders > HOLDERS_MAX)
		line("", "and %u more", status->nr_holders - HOLDERS_MAX);
}

static void print_text(const struct status *status, const struct advice *advice)
{
	bool absent = status->path == PATH_NONE;

	/* Without vfio-pci, this line already says how that is known, and what the problem is. */
	line("path", "%s: %s", path_name(status->path), path_meaning(status));
	if (!absent)
		line("known by", "%s", status->how);
	line("kernel", "%s %s", status->uts.release, status->uts.machine);
	line("vfio-bar", "version %s", VFIO_BAR_VERSION);
	print_module("module", &status->module, "vfio_pci_width is loaded");
	print_module("core", &status->core, strchr(status->core.taint, 'O') ?
		     "vfio_pci_core is out of tree" : "vfio_pci_core is the kernel's own");
	if (status->core_state == CORE_BUILTIN)
		line("core", "vfio_pci_core is built into the kernel");
	if (status->file.path[0])
		line("installed", "%s", status->file.path);
	print_limits(status);
	print_transition(status);
	if (status->sig_enforce || status->lockdown[0])
		line("signatures", "required (%s%s)",
		     status->lockdown[0] ? "lockdown: " : "module.sig_enforce",
		     status->lockdown);
	if (advice->problem[0] && (!absent || status->livepatch.there))
		line("problem", "%s", advice->problem);
	line("next", "%s", advice->next[0] ? advice->next : "nothing to do");
}

/* "" becomes null. */
static void text(const char *key, const char *value)
{
	if (value[0])
		json_string(key, value);
	else
		json_null(key);
}

static void module_json(const char *key, const struct module_info *module, const char *state)
{
	json_begin(key, '{');
	json_string("state", state);
	text("version", module->version);
	text("srcversion", module->srcversion);
	text("taint", module->taint);
	json_end('}');
}

static void limits_json(const struct status *status)
{
	unsigned int i;
	char id[16];

	if (!status->has_limits) {
		json_null("limits");
		return;
	}
	json_begin("limits", '{');
	json_string("bar_max_width", status->limits_text);
	json_number("all", status->max_width);
	json_begin("by_id", '[');
	for (i = 0; i < status->nr_limits; i++) {
		json_begin(NULL, '{');
		snprintf(id, sizeof(id), "%04x:%04x", status->limits[i].vendor & 0xffff,
			 status->limits[i].device & 0xffff);
		json_string("id", id);
		json_number("width", status->limits[i].width);
		json_end('}');
	}
	json_end(']');
	json_end('}');
}

static void holders_json(const struct status *status)
{
	unsigned int i;

	json_begin("held_up_by", '[');
	for (i = 0; i < status->nr_holders && i < HOLDERS_MAX; i++) {
		const struct holder *holder = &status->holders[i];
		char state[2] = { holder->state };

		json_begin(NULL, '{');
		json_number("pid", holder->pid);
		json_number("tid", holder->tid);
		json_string("name", holder->name);
		json_bool("kernel_thread", holder->kthread);
		json_string("state", state);
		text("in", holder->where);
		json_end('}');
	}
	json_end(']');
}

static void livepatch_json(const struct status *status)
{
	const struct livepatch *livepatch = &status->livepatch;

	json_begin("livepatch", '{');
	json_bool("loaded", livepatch->there);
	json_bool("enabled", livepatch->enabled);
	json_bool("transition", livepatch->transition);
	text("object", livepatch->object);
	if (!livepatch->there || livepatch->patched < 0)
		json_null("patched");
	else
		json_bool("patched", livepatch->patched);
	text("other", livepatch->above);
	text("other_in_transition", livepatch->busy);
	json_number("held_up", status->nr_holders);
	holders_json(status);
	json_end('}');
}

static void installed_json(const struct status *status)
{
	const struct installed *file = &status->file;

	json_begin("installed", '{');
	text("path", file->path);
	text("kernel", file->vermagic);
	if (!file->path[0] || file->has_signature < 0)
		json_null("signature");
	else
		json_bool("signature", file->has_signature);
	text("other_kernels", file->elsewhere);
	json_end('}');
}

static void print_json(const struct status *status, const struct advice *advice)
{
	static const char *const states[] = {
		[CORE_ABSENT] = "absent",
		[CORE_LOADED] = "loaded",
		[CORE_BUILTIN] = "built-in",
	};

	json_begin(NULL, '{');
	json_string("path", path_name(status->path));
	json_bool("serves", status->serves);
	json_string("known_by", status->how);
	json_string("vfio_bar", VFIO_BAR_VERSION);
	json_string("kernel", status->uts.release);
	json_string("machine", status->uts.machine);
	module_json("module", &status->module, status->module.loaded ? "loaded" : "absent");
	module_json("core", &status->core, states[status->core_state]);
	livepatch_json(status);
	limits_json(status);
	installed_json(status);
	json_bool("sig_enforce", status->sig_enforce);
	text("lockdown", status->lockdown);
	text("log", status->log.ours);
	text("log_unnamed", status->log.unnamed);
	text("problem", advice->problem);
	text("next", advice->next);
	json_end('}');
}

int do_status(const struct options *opts)
{
	struct status *status = malloc(sizeof(*status));
	struct advice advice;
	int ret;

	if (!status)
		return complain("no memory for %zu bytes", sizeof(*status));
	status_find(status);
	advise(status, &advice);
	if (opts->json)
		print_json(status, &advice);
	else
		print_text(status, &advice);

	ret = status->serves ? EXIT_OK :
	      status->livepatch.transition ? EXIT_IN_TRANSITION : EXIT_FAILED;
	free(status);
	return ret;
}
