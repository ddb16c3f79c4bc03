// SPDX-License-Identifier: GPL-2.0-only
/*
 * Switches the livepatch off by a write to sysfs, and on by loading its module again: the
 * kernel does not enable a livepatch again that has been disabled.
 */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "complain.h"
#include "files.h"
#include "options.h"
#include "run.h"
#include "status.h"
#include "switch.h"

/* A transition takes seconds at most, unless a task holds it up. */
#define WAIT_SECONDS	60
#define TRIES_A_SECOND	20

static void wait_a_moment(void)
{
	const struct timespec moment = { .tv_nsec = 1000000000 / TRIES_A_SECOND };

	nanosleep(&moment, NULL);
}

static int wait_for_transition(void)
{
	struct livepatch livepatch;
	unsigned int tries;

	for (tries = 0; tries < WAIT_SECONDS * TRIES_A_SECOND; tries++) {
		livepatch_find(&livepatch);
		if (!livepatch.transition)
			return 0;
		wait_a_moment();
	}
	return complain("the transition takes more than %d seconds: see vfio-bar status",
			WAIT_SECONDS);
}

static int write_enabled(const char *text)
{
	char path[PATH_MAX];

	if (make_path(path, sizeof(path), "%s/kernel/livepatch/" MODULE "/enabled", sysfs_root()))
		return -1;
	return write_text(path, text);
}

/* The kernel releases the module some time after the transition. */
static int unload_module(void)
{
	unsigned int tries;

	for (tries = 0; tries < WAIT_SECONDS * TRIES_A_SECOND; tries++) {
		if (!syscall(SYS_delete_module, MODULE, O_NONBLOCK) || errno == ENOENT)
			return 0;
		if (errno != EBUSY && errno != EAGAIN)
			break;
		wait_a_moment();
	}
	return complain("cannot unload " MODULE ": %s", strerror(errno));
}

static int switch_off(struct switcher *switcher)
{
	if (write_enabled("0"))
		return -1;
	/* A transition can be reversed until it ends. */
	if (wait_for_transition()) {
		write_enabled("1");
		return -1;
	}
	switcher->is_on = false;
	return unload_module();
}

/* Returns 0 or an errno. */
static int finit_module(const struct switcher *switcher)
{
	int fd = open(switcher->module, O_RDONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return errno;
	if (syscall(SYS_finit_module, fd, switcher->parameters, 0))
		err = errno;
	close(fd);
	return err;
}

static int load_plain_module(const struct switcher *switcher)
{
	int err = finit_module(switcher);

	if (err)
		return complain("cannot load %s: %s (see vfio-bar status)", switcher->module,
				strerror(err));
	return 0;
}

/* modprobe decompresses a module; finit_module() above takes only a plain one. */
static int run_modprobe(const struct switcher *switcher, char *option)
{
	char parameters[sizeof(switcher->parameters)];
	char *argv[5] = { "modprobe", option, MODULE_FILE, parameters };
	const int files[3] = { -1, -1, -1 };
	int status;

	snprintf(parameters, sizeof(parameters), "%s", switcher->parameters);
	if (!parameters[0])
		argv[3] = NULL;
	status = run_program(argv, files);
	if (status < 0)
		return complain("cannot run modprobe: %s", strerror(errno));
	if (status)
		return complain("modprobe " MODULE_FILE " failed (see vfio-bar status)");
	return 0;
}

static int switch_on(struct switcher *switcher)
{
	if (unload_module())
		return -1;
	if (module_is_plain(switcher->module) ? load_plain_module(switcher) :
						run_modprobe(switcher, "-q"))
		return -1;
	switcher->is_on = true;
	return wait_for_transition();
}

int switch_to(struct switcher *switcher, bool on)
{
	if (switcher->is_on == on)
		return 0;
	return on ? switch_on(switcher) : switch_off(switcher);
}

int switch_back(struct switcher *switcher)
{
	if (!switcher->can || switcher->is_on == switcher->was_on)
		return 0;
	if (!switch_to(switcher, switcher->was_on))
		return 0;
	return complain("cannot restore the livepatch, which was %s: see vfio-bar status",
			switcher->was_on ? "on" : "off");
}

/* Does the process have a VFIO file open? */
static bool uses_vfio(const char *pid)
{
	char dir[PATH_MAX], path[PATH_MAX], target[128];
	struct dirent *entry;
	bool found = false;
	DIR *files;

	if (make_path(dir, sizeof(dir), "%s/%s/fd", proc_root(), pid))
		return false;
	files = opendir(dir);
	while (files && !found && (entry = readdir(files))) {
		ssize_t n;

		if (make_path(path, sizeof(path), "%s/%s", dir, entry->d_name))
			break;
		n = readlink(path, target, sizeof(target) - 1);
		target[n < 0 ? 0 : n] = '\0';
		found = !strncmp(target, "/dev/vfio/", 10) || strstr(target, "[vfio-device]");
	}
	if (files)
		closedir(files);
	return found;
}

/* Returns the PID of another process that uses VFIO, 0 if there is none. */
static int other_user(void)
{
	struct dirent *entry;
	int found = 0;
	DIR *processes = opendir(proc_root());

	while (processes && !found && (entry = readdir(processes))) {
		if (isdigit((unsigned char)entry->d_name[0]) && atoi(entry->d_name) != getpid() &&
		    uses_vfio(entry->d_name))
			found = atoi(entry->d_name);
	}
	if (processes)
		closedir(processes);
	return found;
}

static void __printf(2, 3) why_not(struct switcher *switcher, const char *fmt, ...)
{
	va_list args;

	switcher->can = false;
	va_start(args, fmt);
	vsnprintf(switcher->why_not, sizeof(switcher->why_not), fmt, args);
	va_end(args);
}

/* No module has an empty name, so the kernel only checks permission. */
static bool can_unload_modules(void)
{
	return !syscall(SYS_delete_module, "", O_NONBLOCK) || errno == ENOENT;
}

/*
 * Would the kernel load the file of a loaded module? It reports that the module exists only
 * after it has checked permission, signature and version.
 */
static int try_to_load(const struct switcher *switcher)
{
	int err = finit_module(switcher);

	return err == EEXIST ? 0 : err;
}

/* Reasons why the kernel would reject the file. */
static void judge_file(struct switcher *switcher, const struct status *status,
		       const struct installed *file)
{
	if (file->vermagic[0] && strcmp(file->vermagic, status->uts.release))
		why_not(switcher, "%.120s was built for kernel %s", file->path, file->vermagic);
	else if ((status->sig_enforce || status->lockdown[0]) && !file->has_signature)
		why_not(switcher, "%.120s is not signed, and this kernel requires a signature",
			file->path);
}

/*
 * The livepatch must not stay off because its module cannot be loaded again. The kernel's
 * own answer is best: with modversions it also loads modules built for other releases.
 */
static void find_obstacle(struct switcher *switcher, const struct status *status,
			  const struct installed *file)
{
	int err;

	if (!switcher->was_on || !module_is_plain(switcher->module)) {
		judge_file(switcher, status, file);
		return;
	}
	err = try_to_load(switcher);
	if (!err)
		return;
	judge_file(switcher, status, file);
	if (switcher->can)
		why_not(switcher, "the kernel rejects %.120s: %s (see the kernel log)", file->path,
			strerror(err));
}

/* Loading the module again must not load another one. */
static void find_module(struct switcher *switcher, const struct status *status,
			const struct options *opts)
{
	const char *loaded = status->module.srcversion;
	struct installed file = { .path = "" };

	snprintf(file.path, sizeof(file.path), "%s",
		 opts->module ? opts->module : status->file.path);
	snprintf(switcher->module, sizeof(switcher->module), "%s", file.path);
	installed_look(&file);
	if (!file.path[0])
		why_not(switcher, "its module is not installed: use --module FILE");
	else if (access(file.path, R_OK))
		why_not(switcher, "cannot read %.200s", file.path);
	else if (loaded[0] && strcmp(loaded, file.srcversion))
		why_not(switcher, "%.120s is not the loaded module (srcversion %s, not %s)",
			file.path, file.srcversion[0] ? file.srcversion : "unknown", loaded);
	else if (!module_is_plain(switcher->module) && run_modprobe(switcher, "-nq"))
		why_not(switcher, "modprobe does not find " MODULE_FILE);
	else
		find_obstacle(switcher, status, &file);
}

/* Finds out whether the livepatch can be switched and no other process depends on it. */
void switch_find(struct switcher *switcher, const struct options *opts)
{
	struct status *status = malloc(sizeof(*status));
	int user;

	memset(switcher, 0, sizeof(*switcher));
	if (!status) {
		why_not(switcher, "out of memory");
		return;
	}
	status_find(status);
	switcher->can = true;
	switcher->was_on = status->path == PATH_LIVEPATCH;
	switcher->is_on = switcher->was_on;
	if (status->has_limits)
		snprintf(switcher->parameters, sizeof(switcher->parameters), "bar_max_width=%s",
			 status->limits_text);

	user = opts->switching == SWITCH_IF_ALONE ? other_user() : 0;
	if (opts->switching == SWITCH_NEVER)
		why_not(switcher, "--no-switch is given");
	else if (status->path != PATH_LIVEPATCH && status->path != PATH_STOCK)
		why_not(switcher, "the path is %s", path_name(status->path));
	else if (status->path == PATH_STOCK && status->module.loaded)
		why_not(switcher, "it is loaded but disabled: run rmmod " MODULE " first");
	else if (status->path == PATH_STOCK && !opts->module)
		why_not(switcher, "it is not loaded: use --module FILE to load it");
	else if (status->livepatch.transition)
		why_not(switcher, "it is in transition");
	else if (geteuid())
		why_not(switcher, "only root can switch it");
	else if (user)
		why_not(switcher, "process %d uses VFIO, too: use --switch to ignore it", user);
	else if (!can_unload_modules())
		why_not(switcher,
			"no module can be unloaded here (kernel.modules_disabled, or no CAP_SYS_MODULE)");
	else
		find_module(switcher, status, opts);
	free(status);
}
