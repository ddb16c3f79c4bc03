// SPDX-License-Identifier: GPL-2.0-only
/* Tells why requests do not keep their width, and what to do. */
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

static const char *who_holds_up(const struct status *status)
{
	static char text[128];
	const struct holder *holder = &status->holders[0];

	if (!status->nr_holders)
		return "no task is known to hold it up";
	snprintf(text, sizeof(text), "%u task%s it up, the first is %s (%d)", status->nr_holders,
		 status->nr_holders == 1 ? " holds" : "s hold", holder->name, holder->tid);
	return text;
}

static void advise_transition(const struct status *status, struct advice *advice)
{
	const struct holder *holder = &status->holders[0];
	int back = !status->livepatch.enabled;

	problem(advice, "the livepatch is still being %s; %s",
		status->livepatch.enabled ? "enabled" : "disabled", who_holds_up(status));
	if (!status->nr_holders)
		next(advice, "wait a few seconds; if it does not end, run vfio-bar status as root");
	else if (holder->kthread)
		next(advice,
		     "wait: the kernel wakes it every 15 seconds; or reverse the transition: echo %d > %s/enabled; as a last resort: echo 1 > %s/force, after which the module cannot be unloaded",
		     back, OURS, OURS);
	else
		next(advice,
		     "wait: the kernel signals it every 15 seconds; or make it leave the kernel: kill -STOP %d; kill -CONT %d; or end it; or reverse the transition: echo %d > %s/enabled; as a last resort: echo 1 > %s/force, after which the module cannot be unloaded",
		     holder->pid, holder->pid, back, OURS, OURS);
}

static void advise_livepatch(const struct status *status, struct advice *advice)
{
	const struct livepatch *livepatch = &status->livepatch;

	if (livepatch->transition) {
		advise_transition(status, advice);
	} else if (livepatch->above_counts) {
		problem(advice, "livepatch %s patches the same function%s", livepatch->above,
			livepatch->above_counts == 1 ? " and was applied later" :
			"; the one that was applied last serves, and this kernel does not tell which that is");
		next(advice,
		     "load vfio-pci-width again, so that it is the last: echo 0 > %s/enabled; rmmod vfio_pci_width; modprobe vfio-pci-width",
		     OURS);
	} else if (!livepatch->patched) {
		problem(advice, "the livepatch is enabled but vfio_pci_core is not patched");
		next(advice, "see the kernel log: dmesg | grep livepatch");
	}
}

/* Why the installed module is not loaded, certain reasons first. */
static void advise_installed(const struct status *status, struct advice *advice)
{
	const struct installed *file = &status->file;
	bool wants_signature = status->sig_enforce || status->lockdown[0];

	if (file->vermagic[0] && strcmp(file->vermagic, status->uts.release)) {
		problem(advice, "%s was built for kernel %s, not for %s", file->path,
			file->vermagic, status->uts.release);
		next(advice,
		     "build it for this kernel: dkms autoinstall, or make install KDIR=/lib/modules/%s/build",
		     status->uts.release);
	} else if (status->log.ours[0]) {
		problem(advice,
			"the module is installed but not loaded; the kernel log says: %s",
			status->log.ours);
		next(advice, "fix what the log says, then run: modprobe vfio-pci-width");
	} else if (wants_signature && !file->has_signature) {
		problem(advice,
			"the module is installed but not signed, and this kernel requires a signature (%s)",
			status->sig_enforce ? "module.sig_enforce" : status->lockdown);
		next(advice,
		     "sign it with a key that the kernel trusts, such as that of DKMS once it is enrolled: mokutil --import /var/lib/dkms/mok.pub");
	} else if (status->log.unnamed[0]) {
		problem(advice,
			"the module is installed but not loaded; the kernel log names no module but says: %s",
			status->log.unnamed);
		next(advice,
		     "modprobe vfio-pci-width; if its key is rejected, enroll that key, with DKMS: mokutil --import /var/lib/dkms/mok.pub");
	} else {
		problem(advice, "the module is installed but not loaded%s", status->log.readable ?
			"" : "; run vfio-bar status as root to see the kernel log");
		next(advice, "modprobe vfio-pci-width");
	}
}

/* The kernel loads no livepatch while another one is in transition. */
static void advise_busy(const struct status *status, struct advice *advice)
{
	problem(advice, "livepatch %s is in transition, so no other can be loaded; %s",
		status->livepatch.busy, who_holds_up(status));
	next(advice, "wait until it ends, then run: modprobe vfio-pci-width");
}

static void advise_stock(const struct status *status, struct advice *advice)
{
	if (status->livepatch.busy[0]) {
		advise_busy(status, advice);
	} else if (status->module.loaded) {
		problem(advice, "the livepatch is disabled");
		next(advice, "rmmod vfio_pci_width; modprobe vfio-pci-width (or insmod its file)");
	} else if (!status->can_livepatch) {
		problem(advice, "this kernel has no CONFIG_LIVEPATCH");
		next(advice,
		     "use replacement modules or a kernel with the patch series: see Documentation/ways-in.rst of vfio-pci-width");
	} else if (status->file.path[0]) {
		advise_installed(status, advice);
	} else if (status->log.ours[0]) {
		problem(advice, "the livepatch is not loaded; the kernel log says: %s",
			status->log.ours);
		next(advice, "fix what the log says, then load it again");
	} else if (status->file.elsewhere[0]) {
		problem(advice, "the module is installed for %s but not for this kernel, %s",
			status->file.elsewhere, status->uts.release);
		next(advice,
		     "install linux-headers-%s, then run: dkms autoinstall, or make and make install",
		     status->uts.release);
	} else {
		problem(advice, "vfio-pci-width is not installed for this kernel");
		next(advice,
		     "install vfio-pci-width-dkms, or build and load it: make; insmod vfio-pci-width.ko");
	}
}

static void advise_none(const struct status *status, struct advice *advice)
{
	if (status->livepatch.there && strstr(status->log.ours, CORE)) {
		problem(advice,
			"the livepatch is enabled and has refused vfio_pci_core; the kernel log says: %s",
			status->log.ours);
		next(advice,
		     "load the kernel's own vfio_pci_core, or remove the livepatch and load vfio-pci again: echo 0 > %s/enabled; rmmod vfio_pci_width; modprobe vfio-pci",
		     OURS);
		return;
	}
	problem(advice, status->livepatch.there ?
		"the livepatch is enabled and waits for vfio_pci_core" : "vfio-pci is not loaded");
	next(advice, "modprobe vfio-pci");
}

static void advise_foreign(struct advice *advice)
{
	problem(advice,
		"vfio_pci_core is not the kernel's own, and the livepatch patches no other");
	next(advice,
	     "unload it and load the kernel's own, or build the rework into it: see Documentation/ways-in.rst of vfio-pci-width");
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
