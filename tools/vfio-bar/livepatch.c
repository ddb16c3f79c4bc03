// SPDX-License-Identifier: GPL-2.0-only
/* The livepatch in sysfs, and the tasks that hold up a transition. */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "livepatch.h"
#include "macros.h"
#include "module.h"

#define FUNCTION	"vfio_pci_bar_rw"

static const char *const objects[] = { CORE, "vmlinux" };

/* Reads a number from an attribute of @patch, @usual if there is no such attribute. */
static int number_of(const char *patch, const char *name, int usual)
{
	char text[32];

	if (!read_text(text, sizeof(text), "%s/kernel/livepatch/%s/%s", sysfs_root(), patch, name))
		return usual;
	return atoi(text);
}

/* Each patched function of an object has a directory "FUNCTION,SYMPOS". */
static bool patches_it(const char *patch, const char *object)
{
	char dir[PATH_MAX];
	struct dirent *entry;
	bool found = false;
	DIR *functions;

	if (make_path(dir, sizeof(dir), "%s/kernel/livepatch/%s/%s", sysfs_root(), patch, object))
		return false;
	functions = opendir(dir);
	while (functions && !found && (entry = readdir(functions)))
		found = !strncmp(entry->d_name, FUNCTION ",", sizeof(FUNCTION));
	if (functions)
		closedir(functions);
	return found;
}

/* Only one transition runs at a time. */
static void look_at_other(struct livepatch *livepatch, const char *name, int order)
{
	if (number_of(name, "transition", 0)) {
		snprintf(livepatch->busy, sizeof(livepatch->busy), "%.63s", name);
		livepatch->target = number_of(name, "enabled", 0);
	}
	if (livepatch->above_counts || !livepatch->there || !number_of(name, "enabled", 0) ||
	    !patches_it(name, livepatch->object))
		return;
	snprintf(livepatch->above, sizeof(livepatch->above), "%.63s", name);
	livepatch->above_counts = order < 0 ? -1 : number_of(name, "stack_order", 0) > order;
}

static void find_others(struct livepatch *livepatch)
{
	int order = number_of(MODULE, "stack_order", -1);
	struct dirent *entry;
	char dir[PATH_MAX];
	DIR *patches;

	if (make_path(dir, sizeof(dir), "%s/kernel/livepatch", sysfs_root()))
		return;
	patches = opendir(dir);
	while (patches && (entry = readdir(patches))) {
		if (entry->d_name[0] != '.' && strcmp(entry->d_name, MODULE))
			look_at_other(livepatch, entry->d_name, order);
	}
	if (patches)
		closedir(patches);
}

static void find_ours(struct livepatch *livepatch)
{
	size_t i;

	livepatch->there = file_exists("%s/kernel/livepatch/" MODULE, sysfs_root());
	if (!livepatch->there)
		return;

	livepatch->enabled = number_of(MODULE, "enabled", 0);
	livepatch->transition = number_of(MODULE, "transition", 0);
	livepatch->target = livepatch->enabled;
	livepatch->patched = -1;
	for (i = 0; i < ARRAY_SIZE(objects); i++) {
		char name[sizeof(CORE) + sizeof("/patched")];

		if (!file_exists("%s/kernel/livepatch/" MODULE "/%s", sysfs_root(), objects[i]))
			continue;
		snprintf(livepatch->object, sizeof(livepatch->object), "%s", objects[i]);
		snprintf(name, sizeof(name), "%s/patched", objects[i]);
		livepatch->patched = number_of(MODULE, name, -1);
	}
}

void livepatch_find(struct livepatch *livepatch)
{
	memset(livepatch, 0, sizeof(*livepatch));
	find_ours(livepatch);
	find_others(livepatch);
}

/* The innermost kernel function of a task; a line is "[<0>] name+0x1/0x2 [module]". */
static void find_where(struct holder *holder)
{
	char line[128];
	char *name, *end;

	if (!read_text(line, sizeof(line), "%s/%d/task/%d/stack", proc_root(), holder->pid,
		       holder->tid))
		return;
	name = strchr(line, ' ');
	name = name ? name + 1 : line;
	end = strpbrk(name, "+ ");
	if (end)
		*end = '\0';
	snprintf(holder->where, sizeof(holder->where), "%.63s", name);
}

/* A line of stat is "pid (name) S ...", with any characters in the name. */
static void describe(struct holder *holder)
{
	char line[512], *end;

	read_text(holder->name, sizeof(holder->name), "%s/%d/task/%d/comm", proc_root(),
		  holder->pid, holder->tid);
	holder->kthread = !read_text(line, sizeof(line), "%s/%d/cmdline", proc_root(),
				     holder->pid);
	holder->state = '?';
	read_text(line, sizeof(line), "%s/%d/task/%d/stat", proc_root(), holder->pid,
		  holder->tid);
	end = strrchr(line, ')');
	if (end && end[1] == ' ' && end[2])
		holder->state = end[2];
	find_where(holder);
}

static unsigned int holders_of(int pid, int target, struct holder *holders, unsigned int room)
{
	unsigned int count = 0;
	struct dirent *entry;
	char dir[PATH_MAX];
	DIR *tasks;

	if (make_path(dir, sizeof(dir), "%s/%d/task", proc_root(), pid))
		return 0;
	tasks = opendir(dir);
	while (tasks && (entry = readdir(tasks))) {
		char text[16];
		int tid = atoi(entry->d_name);

		if (!tid || !read_text(text, sizeof(text), "%s/%d/task/%d/patch_state",
				       proc_root(), pid, tid))
			continue;
		/* -1: the task takes no part in the transition. */
		if (atoi(text) < 0 || atoi(text) == target)
			continue;
		if (count < room) {
			memset(&holders[count], 0, sizeof(holders[count]));
			holders[count].pid = pid;
			holders[count].tid = tid;
			describe(&holders[count]);
		}
		count++;
	}
	if (tasks)
		closedir(tasks);
	return count;
}

/* Lists tasks that the transition waits for. Returns their number, even above @room. */
unsigned int livepatch_holders(const struct livepatch *livepatch, struct holder *holders,
			       unsigned int room)
{
	unsigned int count = 0;
	struct dirent *entry;
	DIR *processes;

	if (!livepatch->transition && !livepatch->busy[0])
		return 0;
	processes = opendir(proc_root());
	while (processes && (entry = readdir(processes))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		count += holders_of(atoi(entry->d_name), livepatch->target,
				    holders + (count < room ? count : room),
				    count < room ? room - count : 0);
	}
	if (processes)
		closedir(processes);
	return count;
}
