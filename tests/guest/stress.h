/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shared by the parts of bar-stress.
 *
 * Each part of each BAR belongs to one thread, which therefore knows its content.
 * Concurrent events may make a request fail, but never return wrong data.
 */
#ifndef STRESS_H
#define STRESS_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "guest.h"

/*
 * Functions under test. stress-*.c name the devices, tests/lib/Stress.pm their places.
 */
enum {
	STRESS_REGS,	/* the host sees each write; decode goes on and off */
	STRESS_NIC,	/* registers that can be read */
	STRESS_NVME,	/* a hole, a reset of the function */
	STRESS_MEMORY,	/* memory, decode goes on and off */
	STRESS_RMEMORY,	/* memory, a reset of the function */
	STRESS_HMEMORY,	/* memory, a hot reset of its bus where there is one */
	STRESS_HREGS,	/* as STRESS_REGS, on the bus of STRESS_HMEMORY */
	STRESS_DEVICES,
};

/**
 * struct stress_device - a function under test
 * @name: name in the log
 * @bdf: its address
 * @bar: index of the BAR that is mostly used
 * @from: first offset used in that BAR
 * @decode: memory decode goes on and off, so requests may fail
 * @dev: the device, opened
 * @region: that BAR, from @from on
 */
struct stress_device {
	const char *name;
	const char *bdf;
	unsigned int bar;
	unsigned int from;
	bool decode;
	struct device dev;
	struct guest_bar region;
};

/**
 * struct stress_thread - one of the concurrent threads
 * @name: name in the log
 * @run: runs until stress_going() returns false
 * @device: its device
 * @index: selects its own part of that device
 * @seed: state of its random numbers
 * @done: work done, in its own units
 * @failed: number of expected failures
 * @last: last number, of a thread that numbers its writes
 * @bus_error: where a SIGBUS continues, NULL if none is expected
 */
struct stress_thread {
	const char *name;
	void (*run)(struct stress_thread *thread);
	unsigned int device;
	unsigned int index;
	unsigned long long seed;
	unsigned long long done;
	unsigned long long failed;
	unsigned long long last;
	sigjmp_buf *bus_error;
};

/**
 * struct stress_mode - guarantees for a request while it holds the mode
 * @ours: the path under test is in place, not stock's
 * @wide: nothing limits the width to less than 8
 */
struct stress_mode {
	bool ours;
	bool wide;
};

#define STRESS_VECTORS	4

/* Interrupts of a function that are enabled and disabled. */
struct stress_irqs {
	unsigned int device;
	unsigned int index;
	unsigned int nr;
};

/**
 * struct stress_machine - properties that differ between machines
 * @has_maps: a program may map a BAR and use the mapping
 * @has_hot_reset: a bus has a hot reset
 * @mirrored: doublewords of a block may arrive with their bytes mirrored, so they must
 *	read the same from both ends
 * @irqs: interrupts of some functions
 * @visited: the function that is opened again and again
 * @visited_region: the region of it that is read
 * @visited_memory: that region is memory, so it must be written first
 */
struct stress_machine {
	bool has_maps;
	bool has_hot_reset;
	bool mirrored;
	struct stress_irqs irqs[3];
	const char *visited;
	unsigned int visited_region;
	bool visited_memory;
};

/* stress-x86_64.c, stress-aarch64.c, stress-s390x.c */
extern struct stress_device stress_devices[STRESS_DEVICES];
extern const struct stress_machine stress_machine;

/* bar-stress.c */
bool stress_going(const struct stress_thread *thread);
noreturn void stress_die(const struct stress_thread *thread, const char *fmt, ...)
	__printf(2, 3);
unsigned long long stress_random(struct stress_thread *thread);
unsigned int stress_below(struct stress_thread *thread, unsigned int limit);
void stress_rest(struct stress_thread *thread, unsigned int us);
bool stress_touch(struct stress_thread *thread, volatile unsigned char *dst,
		  volatile const unsigned char *src, size_t count, size_t *done);
struct stress_mode stress_mode_hold(struct stress_thread *thread);
bool stress_mode_try_hold(struct stress_thread *thread, struct stress_mode *mode);
void stress_mode_release(void);
void stress_mode_change(struct stress_mode mode);
void stress_open(struct stress_device *device);
void stress_unmap(void *map, size_t length);
void stress_zap_begin(void);
void stress_zap_end(void);

/* stress-requests.c */
#define STRESS_SLOTS	0x1000
#define STRESS_SLOT(i)	(STRESS_SLOTS + 64 * (i))
/* Three doublewords; the first one is the last of a page. */
#define STRESS_CROSSING	0x2ff8

void stress_memory(struct stress_thread *thread);
void stress_block_writer(struct stress_thread *thread);
void stress_block_reader(struct stress_thread *thread);
void stress_numbers(struct stress_thread *thread);
void stress_crossing(struct stress_thread *thread);
void stress_looker(struct stress_thread *thread);

/* stress-events.c */
void stress_decode(struct stress_thread *thread);
void stress_reset(struct stress_thread *thread);
void stress_hot_reset(struct stress_thread *thread);
void stress_interrupts(struct stress_thread *thread);
void stress_ioeventfd(struct stress_thread *thread);
void stress_modes(struct stress_thread *thread);
void stress_forks(struct stress_thread *thread);
void stress_sessions(struct stress_thread *thread);
void stress_modes_setup(const char *cap_file, bool with_patch);

/* stress-kills.c */
void stress_kills_begin(unsigned long long seed);
void stress_kills_end(void);

#endif
