// SPDX-License-Identifier: GPL-2.0-only
/* What is wrong with the path that serves, and what to do. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "advice.h"
#include "macros.h"

#define OURS	"/sys/kernel/livepatch/vfio_pci_width"

static void __printf(2, 3) problem(struct advice *advice, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(advice->problem, sizeof(advice->problem), fmt, args);
	va_end(args);
}

static void __printf(2, 3) next(struct advice *advice, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(advice->next, sizeof(advice->next), fmt, args);
	va_end(args);
}

static void advise_transition(const struct status *status, struct advice *advice)
{
	const struct holder *holder = &status->holders[0];
	const char *to = status->livepatch.enabled ? "on" : "off";

	if (!status->nr_holders) {
		problem(advice,
			"the livepatch is being switched %s; no task is seen to hold it up",
			to);
		next(advice, "wait a few seconds; if it stays so, look as root");
		return;
	}
	problem(advice,
		"the livepatch is being switched %s; %u task%s not gone along yet, the first is %s (%d)",
		to, status->nr_holders, status->nr_holders == 1 ? " has" : "s have",
		holder->name, holder->tid);
	if (holder->kthread)
		next(advice,
		     "wait, the kernel wakes it every 15 seconds; or take it back: echo %d > %s/enabled; the last resort is echo 1 > %s/force, after which the module cannot be unloaded",
		     !status->livepatch.enabled, OURS, OURS);
	else
		next(advice,
		     "wait, the kernel signals it every 15 seconds; or have it leave the kernel: kill -STOP %d; kill -CONT %d; or end it; or take it back: echo %d > %s/enabled; the last resort is echo 1 > %s/force, after which the module cannot be unloaded",
		     holder->pid, holder->pid, !status->livepatch.enabled, OURS, OURS);
}

static void advise_livepatch(const struct status *status, struct advice *advice)
{
	const struct livepatch *livepatch = &status->livepatch;

	if (livepatch->transition) {
		advise_transition(status, advice);
	} else if (livepatch->above_counts == 1) {
		problem(advice, "livepatch %s patches the same function and was loaded later",
			livepatch->above);
		next(advice,
		     "load vfio-pci-width anew: echo 0 > /sys/kernel/livepatch/vfio_pci_width/enabled; rmmod vfio_pci_width; modprobe vfio-pci-width");
	} else if (livepatch->above[0]) {
		problem(advice,
			"livepatch %s patches the same function; the one that was loaded last counts, and this kernel does not tell which",
			livepatch->above);
	} else if (!livepatch->patched) {
		problem(advice, "the livepatch is enabled but vfio_pci_core is not patched");
		next(advice, "look at the kernel's log: dmesg | grep livepatch");
	}
}

/* Why a module that is there is not loaded, as far as that shows. */
static void advise_installed(const struct status *status, struct advice *advice)
{
	const struct installed *file = &status->file;
	bool wants_signature = status->sig_enforce || status->lockdown[0];

	if (file->vermagic[0] && strcmp(file->vermagic, status->uts.release)) {
		problem(advice, "%s was built for kernel %s, and this is %s", file->path,
			file->vermagic, status->uts.release);
		next(advice,
		     "build it for this kernel: dkms autoinstall, or make KDIR=/lib/modules/%s/build",
		     status->uts.release);
	} else if (status->log.ours[0]) {
		problem(advice,
			"the module is installed but not loaded; the kernel's log says: %s",
			status->log.ours);
		next(advice, "do what the log says, then: modprobe vfio-pci-width");
	} else if (wants_signature && !file->has_signature) {
		problem(advice,
			"the module is installed but has no signature, which this kernel wants (%s)",
			status->sig_enforce ? "module.sig_enforce" : status->lockdown);
		next(advice,
		     "sign it with a key that the kernel has: DKMS does if there is one enrolled (mokutil --import)");
	} else if (status->log.unnamed[0]) {
		problem(advice,
			"the module is installed but not loaded; the kernel's log says of a module that it does not name: %s",
			status->log.unnamed);
		next(advice,
		     "modprobe vfio-pci-width; if its key is rejected, enroll the key that signed it: mokutil --import");
	} else {
		problem(advice, "the module is installed but not loaded%s",
			status->log.readable ? "" : "; why is in the kernel's log, if root looks");
		next(advice, "modprobe vfio-pci-width");
	}
}

/* Until another livepatch's transition is over, ours cannot be loaded. */
static void advise_busy(const struct status *status, struct advice *advice)
{
	const char *busy = status->livepatch.busy;
	const struct holder *holder = &status->holders[0];

	if (status->nr_holders)
		problem(advice,
			"livepatch %s is being switched, and no other can be meanwhile; %u task%s not gone along yet, the first is %s (%d)",
			busy, status->nr_holders, status->nr_holders == 1 ? " has" : "s have",
			holder->name, holder->tid);
	else
		problem(advice, "livepatch %s is being switched, and no other can be meanwhile",
			busy);
	next(advice, "wait for it, then: modprobe vfio-pci-width");
}

static void advise_stock(const struct status *status, struct advice *advice)
{
	if (status->livepatch.busy[0]) {
		advise_busy(status, advice);
	} else if (status->module.loaded) {
		problem(advice, "the livepatch has been switched off");
		next(advice, "rmmod vfio_pci_width; modprobe vfio-pci-width (or insmod its file)");
	} else if (!status->can_livepatch) {
		problem(advice, "this kernel has no livepatches (CONFIG_LIVEPATCH)");
		next(advice,
		     "use replacement modules or a kernel with the patches: see Documentation/ways-in.rst of vfio-pci-width");
	} else if (status->file.path[0]) {
		advise_installed(status, advice);
	} else if (status->log.ours[0]) {
		problem(advice, "the livepatch is not loaded; the kernel's log says: %s",
			status->log.ours);
		next(advice, "do what the log says, then load it again");
	} else if (status->file.elsewhere[0]) {
		problem(advice, "the module is installed for %s but not for this kernel, %s",
			status->file.elsewhere, status->uts.release);
		next(advice,
		     "install linux-headers-%s, then: dkms autoinstall, or make and make install",
		     status->uts.release);
	} else {
		problem(advice, "vfio-pci-width is not installed for this kernel");
		next(advice,
		     "install vfio-pci-width-dkms, or build it and load it: make; insmod vfio-pci-width.ko");
	}
}

static void advise_none(const struct status *status, struct advice *advice)
{
	if (!status->livepatch.there)
		problem(advice, "vfio-pci is not loaded");
	else if (strstr(status->log.ours, CORE))
		problem(advice,
			"the livepatch is on, and vfio_pci_core was refused; the kernel's log says: %s",
			status->log.ours);
	else
		problem(advice, "the livepatch is on and waits for vfio_pci_core");
	next(advice, "modprobe vfio-pci");
}

static void advise_foreign(struct advice *advice)
{
	problem(advice,
		"vfio_pci_core is not the kernel's own, and the livepatch is for no other");
	next(advice,
	     "remove that module and load the kernel's own, or build the path into it: see Documentation/ways-in.rst of vfio-pci-width");
}

void advise(const struct status *status, struct advice *advice)
{
	memset(advice, 0, sizeof(*advice));
	switch (status->path) {
	case PATH_LIVEPATCH:
		advise_livepatch(status, advice);
		break;
	case PATH_STOCK:
		advise_stock(status, advice);
		break;
	case PATH_FOREIGN:
		advise_foreign(advice);
		break;
	case PATH_NONE:
		advise_none(status, advice);
		break;
	case PATH_REPLACEMENT:
	case PATH_IN_TREE:
		break;
	}
}
