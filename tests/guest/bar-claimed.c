// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests on a BAR that another driver has claimed.
 *
 *   bar-claimed busy NAME BDF BAR
 *                       200 reads of 4 bytes, and requests of all lengths, each of which
 *                       must be -EBUSY; logs "busy NAME NS", a read's median time
 *   bar-claimed freed BDF BAR CLAIM at-once|reopened
 *                       likewise; then 0 is written to the file CLAIM, which removes the
 *                       claim, and requests work; "reopened": after the device is reopened
 *   bar-claimed meet BDF BAR TIMES
 *                       the first preads race the first mmap() of the same process: no
 *                       pread may fail; logs "met TIMES"
 *
 * Requests that must be -EBUSY are between markers with number 1, those that must work
 * between markers with number 2.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

#define READS	200
#define LONGEST	5000

static const size_t counts[] = { 1, 2, 3, 4, 6, 8, 16, 64, 65, 128, 4096, LONGEST };

static struct device dev;
static struct guest_bar bar;
static unsigned char buffer[LONGEST];

static void open_bar(const char *bdf, const char *index)
{
	if (device_open(&dev, bdf, true))
		guest_die("cannot open %s", bdf);
	if (guest_bar_open(&dev, strtoul(index, NULL, 0), &bar))
		guest_die("no BAR %s of %s", index, bdf);
	if (bar.size < LONGEST)
		guest_die("BAR %s of %s is too small", index, bdf);
}

static unsigned long long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);

	return time.tv_sec * 1000000000ULL + time.tv_nsec;
}

static void must_be_busy(ssize_t ret, size_t count, const char *what)
{
	if (ret != -1 || errno != EBUSY)
		guest_die("%s of %zu bytes returned %zd (%s), not -EBUSY", what, count, ret,
			  ret < 0 ? strerror(errno) : "none");
}

static void must_work(ssize_t ret, size_t count, const char *what)
{
	if (ret != (ssize_t)count)
		guest_die("%s of %zu bytes returned %zd (%s)", what, count, ret,
			  ret < 0 ? strerror(errno) : "short");
}

static void all_requests(void (*check)(ssize_t ret, size_t count, const char *what))
{
	/* As far as possible from registers with side effects. */
	off_t pos = bar.pos + ((bar.size - LONGEST) & ~(PAGE - 1));
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		check(pread(dev.fd, buffer, counts[i], pos), counts[i], "a read");
		check(pwrite(dev.fd, buffer, counts[i], pos), counts[i], "a write");
	}
}

static void all_busy(void)
{
	guest_mark(GUEST_MARK_BEGIN, 1);
	all_requests(must_be_busy);
	guest_mark(GUEST_MARK_END, 1);
}

static void all_work(void)
{
	guest_mark(GUEST_MARK_BEGIN, 2);
	all_requests(must_work);
	guest_mark(GUEST_MARK_END, 2);
}

static int compare_times(const void *a, const void *b)
{
	const unsigned long long *first = a, *second = b;

	return *first < *second ? -1 : *first > *second;
}

static void run_busy(char **args)
{
	unsigned long long times[READS], begin;
	unsigned int i;

	open_bar(args[1], args[2]);
	for (i = 0; i < READS; i++) {
		begin = now();
		must_be_busy(pread(dev.fd, buffer, 4, bar.pos), 4, "a read");
		times[i] = now() - begin;
	}
	qsort(times, READS, sizeof(times[0]), compare_times);
	guest_log("busy %s %llu\n", args[0], times[READS / 2]);
	all_busy();
}

static void run_freed(char **args)
{
	open_bar(args[0], args[1]);
	guest_log_bar("freed", &dev, strtoul(args[1], NULL, 0), &bar);
	all_busy();
	guest_write_file(args[2], "0");
	if (!strcmp(args[3], "reopened")) {
		all_busy();
		guest_reopen(&dev);
	}
	all_work();
}

/* ---- concurrent first requests ---- */

#define PREADS		2
/* Upper bound for the duration of a first mmap(). Each round shifts the preads by a step. */
#define WINDOW_NS	400000ULL
#define STEP_NS		3000ULL

struct first {
	pthread_t id;
	unsigned long long when;
	ssize_t ret;
	int err;
};

/* A thread that waits for its time and then runs before all others. */
static void *first_pread(void *arg)
{
	struct first *first = arg;
	const struct timespec when = { first->when / 1000000000, first->when % 1000000000 };
	unsigned int value;

	guest_be_urgent(true);
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL);
	first->ret = pread(dev.fd, &value, 4, bar.pos);
	first->err = errno;

	return NULL;
}

static void *first_mmap(void *arg)
{
	struct first *first = arg;
	void *map;

	while (now() < first->when)
		;
	map = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, dev.fd, bar.pos);
	/* On the kernel's own path, mmap() fails while a pread sets up the map. */
	if (map != MAP_FAILED)
		munmap(map, PAGE);

	return NULL;
}

/* Each round places the preads at different points of the mmap(), one early and one late. */
static void meet_once(unsigned int round)
{
	struct first map = { .when = now() + 5000000 }, preads[PREADS];
	unsigned long long delay = round * STEP_NS % WINDOW_NS;
	unsigned int i;

	for (i = 0; i < PREADS; i++) {
		preads[i].when = map.when + (i ? WINDOW_NS - delay : delay);
		if (pthread_create(&preads[i].id, NULL, first_pread, &preads[i]))
			guest_die("no thread");
	}
	if (pthread_create(&map.id, NULL, first_mmap, &map))
		guest_die("no thread");
	pthread_join(map.id, NULL);
	for (i = 0; i < PREADS; i++) {
		pthread_join(preads[i].id, NULL);
		if (preads[i].ret != 4)
			guest_die("round %u: a first pread returned %zd (%s)", round,
				  preads[i].ret, strerror(preads[i].err));
	}
}

static void run_meet(char **args)
{
	unsigned int times = strtoul(args[2], NULL, 0), i;

	for (i = 0; i < times; i++) {
		open_bar(args[0], args[1]);
		meet_once(i);
		device_close(&dev);
	}
	guest_log("met %u\n", times);
}

int main(int argc, char **argv)
{
	guest_open();
	if (argc == 5 && !strcmp(argv[1], "busy"))
		run_busy(argv + 2);
	else if (argc == 6 && !strcmp(argv[1], "freed"))
		run_freed(argv + 2);
	else if (argc == 5 && !strcmp(argv[1], "meet"))
		run_meet(argv + 2);
	else
		guest_die("usage: bar-claimed busy|freed|meet ARGUMENT...");
	guest_log("done %s\n", argv[1]);

	return 0;
}
