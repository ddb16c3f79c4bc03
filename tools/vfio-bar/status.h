/* SPDX-License-Identifier: GPL-2.0-only */
/* What is known about the path that serves requests on BARs. */
#ifndef STATUS_H
#define STATUS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/utsname.h>

#define MODULE		"vfio_pci_width"
#define MODULE_FILE	"vfio-pci-width"
#define CORE		"vfio_pci_core"

#define TEXT_LEN	256
#define HOLDERS_MAX	16
#define LIMITS_MAX	32

enum path {
	PATH_NONE,		/* there is no vfio_pci_core */
	PATH_STOCK,		/* the kernel's own */
	PATH_FOREIGN,		/* a vfio_pci_core from elsewhere */
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
 * struct module_info - what sysfs tells of a module that is loaded
 * @loaded: it is
 * @version: "" if it has none, as the others
 * @srcversion: a hash of its source
 * @taint: letters, as O for out of tree
 */
struct module_info {
	bool loaded;
	char version[64];
	char srcversion[64];
	char taint[32];
};

/**
 * struct livepatch - a livepatch of ours
 * @there: the kernel knows it; it does not any more once it is off
 * @enabled: it is on, or on its way there
 * @transition: tasks are being switched, to @enabled
 * @object: what it patches, "" if that is not there
 * @patched: @object is patched; -1 if the kernel does not tell
 * @above: another livepatch of the same function, "" if none is known
 * @above_counts: it is @above that counts, -1 if the kernel does not tell
 * @busy: another livepatch that is being switched, "" if none is
 * @target: where the tasks go in the transition that is under way, ours or @busy's
 */
struct livepatch {
	bool there;
	bool enabled;
	bool transition;
	char object[64];
	int patched;
	char above[64];
	int above_counts;
	char busy[64];
	int target;
};

/**
 * struct holder - a task that has not been switched yet
 * @pid: its process
 * @tid: the task
 * @name: its name
 * @kthread: it is one of the kernel's
 * @state: letter, as in ps
 * @where: function of the kernel that it is in, "" if that is not known
 */
struct holder {
	int pid;
	int tid;
	char name[32];
	bool kthread;
	char state;
	char where[64];
};

/**
 * struct limit - an entry of bar_max_width=
 * @vendor: vendor and
 * @device: device ID that it is for
 * @width: bytes
 */
struct limit {
	unsigned int vendor;
	unsigned int device;
	unsigned int width;
};

/**
 * struct installed - the module as a file
 * @path: where it is, "" if nowhere for this kernel
 * @vermagic: kernel that it was built for, "" if that is not known
 * @srcversion: as of a module that is loaded
 * @has_signature: 1 if it has one, 0 if not, -1 if that is not known
 * @elsewhere: other kernels for which it is installed
 */
struct installed {
	char path[PATH_MAX];
	char vermagic[64];
	char srcversion[64];
	int has_signature;
	char elsewhere[TEXT_LEN];
};

/**
 * struct status - all of it
 * @path: which path serves
 * @serves: it is ours and serves all tasks
 * @how: how that is known
 * @uts: the kernel
 * @can_livepatch: the kernel can
 * @core_state: whether there is a vfio_pci_core
 * @core: what it is
 * @module: the livepatch module
 * @livepatch: the livepatch
 * @holders: tasks that hold up its transition
 * @nr_holders: how many there are, which may be more than @holders has
 * @has_limits: the path has bar_max_width=
 * @limits_text: as the kernel shows it
 * @max_width: for all functions, 0 for none
 * @limits: by ID
 * @nr_limits: how many there are
 * @file: the module as a file
 * @sig_enforce: modules without a valid signature are refused
 * @lockdown: what the kernel is locked down to, "" if it is not
 * @log: what the kernel's log says last of a refusal, "" if nothing
 * @log_readable: it can be read
 * @problem: why not all is well, "" if it is
 * @next: what to do
 */
struct status {
	enum path path;
	bool serves;
	char how[TEXT_LEN];
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
	char log[512];
	bool log_readable;
	char problem[1024];
	char next[1024];
};

/* status.c */
void status_find(struct status *status);
const char *path_name(enum path path);

/* livepatch.c */
bool livepatch_find(struct livepatch *livepatch);
unsigned int livepatch_holders(const struct livepatch *livepatch, struct holder *holders,
			       unsigned int room);

/* module.c */
void module_find(struct module_info *module, const char *name);
void installed_look(struct installed *file);
void installed_find(struct installed *file, const char *release);

/* log.c */
bool log_find(char *line, size_t len);

/* advice.c */
void status_advise(struct status *status);

/* status-print.c */
void status_print(const struct status *status);
void status_print_json(const struct status *status);

#endif
