// SPDX-License-Identifier: GPL-2.0-only
/*
 * What requests do to each other and to other tasks.
 *
 *   bar-scale TAG PLAN
 *
 * Lines of the plan:
 *
 *   device NAME BDF          opens a function; later lines use its name
 *   threads WHAT N BAR COUNT REQUESTS NAME[,NAME]...
 *                            N threads; each makes REQUESTS requests of COUNT bytes on its
 *                            own bytes, alternating reads and writes; thread I uses device
 *                            I modulo their number
 *   others NAME BAR COUNT    one read of COUNT bytes, while another task wakes up each
 *                            millisecond
 *   kill NAME BAR COUNT      the same read, in a process that is killed a few
 *                            milliseconds later
 *   asleep NAME BAR COUNT    a process that sleeps instead of reading, and is killed:
 *                            measures its exit alone
 *
 * They are logged as
 *
 *   threads TAG WHAT N COUNT ALL-REQUESTS INSTRUCTIONS NANOSECONDS
 *   others TAG COUNT WAKE-UPS MEDIAN MOST     wake-up latency
 *   kill TAG COUNT LATER                      until the process was gone
 *   asleep TAG COUNT LATER                    the same
 *
 * The last three are in nanoseconds, which are instructions in a machine with QEMU's
 * -icount shift=0.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

#define THREADS_MAX	16
#define BUFFER_SIZE	(64U << 20)
#define THREAD_BUFFER	(64U << 10)
#define WAKE_UPS_MAX	100000
#define MILLISECOND	1000000ULL
#define KILL_AFTER	(5 * MILLISECOND)

static const char *tag;
static unsigned char *buffer;

struct worker {
	pthread_t thread;
	struct device *dev;
	unsigned long long pos;
	unsigned long long requests;
	size_t count;
	unsigned char *buf;
	/* Begin and end, by either clock. */
	unsigned long long began[2];
	unsigned long long ended[2];
};

static pthread_barrier_t together;

static unsigned long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);

	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void clocks(unsigned long long *both)
{
	both[0] = guest_instructions();
	both[1] = now();
}

static void must(ssize_t ret, size_t count)
{
	if (ret != (ssize_t)count)
		guest_die("a request of %zu bytes returned %zd: %s", count, ret, strerror(errno));
}

static void *work(void *arg)
{
	struct worker *w = arg;
	unsigned long long i;

	pthread_barrier_wait(&together);
	clocks(w->began);
	for (i = 0; i < w->requests; i++) {
		if (i % 2)
			must(pwrite(w->dev->fd, w->buf, w->count, w->pos), w->count);
		else
			must(pread(w->dev->fd, w->buf, w->count, w->pos), w->count);
	}
	clocks(w->ended);

	return NULL;
}

/* Time from the first begin to the last end, by one of the clocks. */
static unsigned long long lasted(const struct worker *workers, unsigned int nr, unsigned int clock)
{
	unsigned long long began = ~0ULL, ended = 0;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (workers[i].began[clock] < began)
			began = workers[i].began[clock];
		if (workers[i].ended[clock] > ended)
			ended = workers[i].ended[clock];
	}

	return ended - began;
}

static unsigned int split_names(char *names, struct device **devices)
{
	unsigned int nr = 0;
	char *save = NULL, *name;

	for (name = strtok_r(names, ",", &save); name; name = strtok_r(NULL, ",", &save)) {
		if (nr == THREADS_MAX)
			guest_die("too many devices");
		devices[nr++] = guest_device(name);
	}

	return nr;
}

static void step_threads(char **args)
{
	unsigned long long requests = guest_number(args[4]);
	unsigned int i, nr_devices, nr = guest_number(args[1]);
	struct worker workers[THREADS_MAX];
	struct device *devices[THREADS_MAX];
	size_t count = guest_number(args[3]);

	nr_devices = split_names(args[5], devices);
	if (!nr || nr > THREADS_MAX || !nr_devices || count > THREAD_BUFFER)
		guest_die("threads: %u threads, %u devices, %zu bytes", nr, nr_devices, count);

	pthread_barrier_init(&together, NULL, nr);
	for (i = 0; i < nr; i++) {
		struct worker *w = &workers[i];
		struct guest_bar bar;

		w->dev = devices[i % nr_devices];
		if (guest_bar_open(w->dev, guest_number(args[2]), &bar))
			guest_die("no BAR %s", args[2]);
		w->pos = bar.pos + i * THREAD_BUFFER;
		w->requests = requests;
		w->count = count;
		w->buf = buffer + i * THREAD_BUFFER;
		if (pthread_create(&w->thread, NULL, work, w))
			guest_die("no thread");
	}

	for (i = 0; i < nr; i++)
		pthread_join(workers[i].thread, NULL);
	pthread_barrier_destroy(&together);

	guest_log("threads %s %s %u %zu %llu %llu %llu\n", tag, args[0], nr, count,
		  nr * requests, lasted(workers, nr, 0), lasted(workers, nr, 1));
}

/*
 * A process that makes one read and exits, or sleeps instead. It populates its buffer
 * first, so that its exit costs the same however far the read has come.
 */
static pid_t start_read(struct device *dev, unsigned long long pos, size_t count, bool sleeps)
{
	int ready[2];
	size_t i;
	pid_t pid;
	char c;

	if (pipe(ready))
		guest_die("no pipe: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		guest_die("no process: %s", strerror(errno));
	if (pid) {
		close(ready[1]);
		if (read(ready[0], &c, 1) != 1)
			guest_die("a process ended before it read");
		close(ready[0]);
		return pid;
	}

	for (i = 0; i < count; i += PAGE)
		((volatile char *)buffer)[i] = 0;
	if (write(ready[1], "", 1) != 1)
		_exit(1);
	while (sleeps)
		pause();

	/* Not reached if killed. */
	_exit(pread(dev->fd, buffer, count, pos) == (ssize_t)count ? 0 : 1);
}

static void sleep_until(unsigned long long when)
{
	struct timespec ts = { .tv_sec = when / 1000000000, .tv_nsec = when % 1000000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL))
		;
}

static unsigned long long bar_pos(char **args, size_t *count)
{
	struct guest_bar bar;

	if (guest_bar_open(guest_device(args[0]), guest_number(args[1]), &bar))
		guest_die("no BAR %s", args[1]);
	*count = guest_number(args[2]);
	if (*count > BUFFER_SIZE || *count > bar.size)
		guest_die("%s bytes are too many", args[2]);

	return bar.pos;
}

static int compare(const void *a, const void *b)
{
	unsigned long long x = *(const unsigned long long *)a;
	unsigned long long y = *(const unsigned long long *)b;

	return x < y ? -1 : x > y;
}

static void step_others(char **args)
{
	static unsigned long long late[WAKE_UPS_MAX];
	unsigned long long when, pos;
	unsigned int nr = 0;
	size_t count;
	int status;
	pid_t pid;

	pos = bar_pos(args, &count);
	guest_be_urgent(true);
	pid = start_read(guest_device(args[0]), pos, count, false);
	for (when = now(); !waitpid(pid, &status, WNOHANG) && nr < WAKE_UPS_MAX; nr++) {
		when += MILLISECOND;
		sleep_until(when);
		late[nr] = now() - when;
		if (late[nr] > MILLISECOND)
			when = now();
	}
	guest_be_urgent(false);
	if (nr == WAKE_UPS_MAX || !WIFEXITED(status) || WEXITSTATUS(status))
		guest_die("the read of %zu bytes did not complete", count);
	if (!nr)
		guest_die("the read of %zu bytes was over at once", count);

	qsort(late, nr, sizeof(late[0]), compare);
	guest_log("others %s %zu %u %llu %llu\n", tag, count, nr, late[nr / 2], late[nr - 1]);
}

static void kill_later(const char *what, char **args, bool sleeps)
{
	unsigned long long begin, pos;
	size_t count;
	int status;
	pid_t pid;

	pos = bar_pos(args, &count);
	guest_be_urgent(true);
	pid = start_read(guest_device(args[0]), pos, count, sleeps);
	sleep_until(now() + KILL_AFTER);
	begin = now();
	kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status))
		guest_die("the read of %zu bytes was over before it could be killed", count);
	begin = now() - begin;
	guest_be_urgent(false);

	guest_log("%s %s %zu %llu\n", what, tag, count, begin);
}

static void step_kill(char **args)
{
	kill_later("kill", args, false);
}

static void step_asleep(char **args)
{
	kill_later("asleep", args, true);
}

static const struct guest_step steps[] = {
	{ "device", 2, guest_step_device },
	{ "threads", 6, step_threads },
	{ "others", 3, step_others },
	{ "kill", 3, step_kill },
	{ "asleep", 3, step_asleep },
};

int main(int argc, char **argv)
{
	if (argc != 3)
		guest_die("usage: bar-scale TAG PLAN");
	tag = argv[1];
	/* Shared, so that a child's first store to a page does not copy it. */
	buffer = mmap(NULL, BUFFER_SIZE, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (buffer == MAP_FAILED)
		guest_die("no memory for the buffer");

	guest_open();
	guest_plan_run(argv[2], steps, ARRAY_SIZE(steps));
	guest_log("done %s\n", tag);

	return 0;
}
