/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shared by the test programs that run inside the emulated machine.
 *
 * machine-*.c carry markers and results out of the machine. Between two markers, the host
 * looks for the accesses of a request. They also read the clock, which counts instructions
 * with QEMU's -icount shift=0.
 */
#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdnoreturn.h>

#include "../../tools/vfio-bar/complain.h"
#include "../../tools/vfio-bar/macros.h"
#include "../../tools/vfio-bar/vfio.h"

/* The upper half of a marker's value, by which the host finds it. */
#define GUEST_MARK_BEGIN	0x56505742U
#define GUEST_MARK_END		0x56505745U

/* The livepatch in sysfs. */
#define GUEST_PATCH	"/sys/kernel/livepatch/vfio_pci_width"

/* The size of the BAR path's chunks, and of a page except on some arm64 kernels. */
#define PAGE		4096UL

/* A region of an open device. */
struct guest_bar {
	unsigned long long pos;
	unsigned long long size;
	unsigned int flags;
};

/* Runs the lines of a plan that consist of the word @name and @nr_args more words. */
struct guest_step {
	const char *name;
	unsigned int nr_args;
	void (*run)(char **args);
};

void guest_open(void);
void guest_mark(unsigned int kind, unsigned int id);
void guest_log(const char *fmt, ...) __printf(1, 2);
unsigned long long guest_instructions(void);
noreturn void guest_die(const char *fmt, ...) __printf(1, 2);

/* The step "device NAME BDF" opens a function, which guest_device() then finds. */
void guest_step_device(char **args);
struct device *guest_device(const char *name);
unsigned long long guest_number(const char *text);
void guest_plan_run(const char *path, const struct guest_step *steps, unsigned int nr_steps);

void guest_reopen(struct device *dev);
int guest_bar_open(struct device *dev, unsigned int index, struct guest_bar *bar);
void *guest_bar_map(struct device *dev, const struct guest_bar *bar);
void guest_log_bar(const char *name, struct device *dev, unsigned int index,
		   const struct guest_bar *bar);
void guest_set_command(struct device *dev, unsigned int set, unsigned int clear);
void guest_write_file(const char *path, const char *text);
void guest_be_urgent(bool urgent);
void guest_sleep_us(unsigned int us);

bool guest_patch_in_transition(void);
void guest_patch_load(void);
void guest_patch_settle(void);
void guest_patch_unload(void);

#endif
