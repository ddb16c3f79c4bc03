/* SPDX-License-Identifier: GPL-2.0-only */
/* The livepatch of vfio-pci-width and its transitions. */
#ifndef LIVEPATCH_H
#define LIVEPATCH_H

#include <stdbool.h>

/**
 * struct livepatch - our livepatch, and others that matter to it
 * @there: it is in sysfs; the kernel removes it once it is disabled
 * @enabled: it is enabled, or on its way there
 * @transition: tasks are in transition to @enabled
 * @object: object that it patches, vfio_pci_core or vmlinux; "" if it is not in sysfs
 * @patched: @object is patched; -1 if the kernel does not tell
 * @above: another livepatch of the same function, "" if there is none
 * @above_counts: 1 if @above was applied later and serves, 0 if not, -1 if the kernel does not tell
 * @busy: another livepatch in transition, "" if there is none
 * @target: state that the current transition leads to, ours or that of @busy
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
 * struct holder - a task that holds up a transition
 * @pid: process ID
 * @tid: thread ID
 * @name: name of the task
 * @kthread: it is a kernel thread
 * @state: letter, as in ps
 * @where: kernel function that it is in, "" if unknown
 */
struct holder {
	int pid;
	int tid;
	char name[32];
	bool kthread;
	char state;
	char where[64];
};

void livepatch_find(struct livepatch *livepatch);
unsigned int livepatch_holders(const struct livepatch *livepatch, struct holder *holders,
			       unsigned int room);

#endif
