// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes that are killed, or exit, in the middle of a long request. A single-threaded
 * process does this, so that it can fork and its children can have threads.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "stress.h"

/* Enough for one kill in the middle of a request. */
#define SECONDS_MAX	60

#define LONG_POS	0x100000
#define LONG		0x80000

/* Shared between the processes. */
struct kills {
	bool stop;
	bool begun;
	unsigned int killed;
	unsigned int midway;
};

static struct kills *kills;
static pid_t process;
static unsigned char old[LONG], new[LONG], is[LONG];

static const struct stress_device *memory(void)
{
	return &stress_devices[STRESS_MEMORY];
}

static void *write_all(void *arg)
{
	(void)arg;
	__atomic_store_n(&kills->begun, true, __ATOMIC_RELAXED);
	for (;;)
		if (pwrite(memory()->dev.fd, new, LONG, memory()->region.pos + LONG_POS) == LONG)
			break;

	return NULL;
}

/* On a slow machine, starting the request takes longer than the request. */
static void wait_until_begun(void)
{
	while (!__atomic_load_n(&kills->begun, __ATOMIC_RELAXED))
		guest_sleep_us(100);
}

/* The child waits to be killed, or exits while its other thread is in a request. */
static noreturn void child(bool exits, unsigned int us)
{
	pthread_t id;

	if (!exits || pthread_create(&id, NULL, write_all, NULL)) {
		write_all(NULL);
		pause();
	}
	wait_until_begun();
	guest_sleep_us(us);
	_exit(0);
}

static void read_all(void)
{
	size_t done = 0;

	while (done < LONG) {
		ssize_t ret = pread(memory()->dev.fd, is + done, LONG - done,
				    memory()->region.pos + LONG_POS + done);

		if (ret < 0 && errno != EIO)
			guest_die("kills: a read failed: %s", strerror(errno));
		if (ret > 0)
			done += ret;
		else
			guest_sleep_us(500);
	}
}

/*
 * A request ascends: all bytes after the first old one are old. (A request that failed and
 * was restarted leaves new bytes up to where an earlier attempt came.)
 */
static void check_killed(void)
{
	size_t i;

	read_all();
	for (i = 0; i < LONG && is[i] == new[i]; i++)
		;
	kills->killed++;
	kills->midway += i && i < LONG;
	for (; i < LONG; i++)
		if (is[i] != old[i])
			guest_die("kills: byte 0x%zx is %02x, neither %02x nor in order %02x", i,
				  is[i], old[i], new[i]);
	memcpy(old, is, LONG);
}

/*
 * Each byte of @new differs from its old value. On a machine that mirrors doublewords, it
 * also differs from the old value of its mirror image, and equals the new one.
 */
static void make_new(struct stress_thread *thread)
{
	unsigned char add = 1 + stress_below(thread, 254);
	size_t i;

	for (i = 0; i < LONG; i++) {
		size_t mirror = i ^ 7;

		new[i] = old[i] + add;
		if (!stress_machine.mirrored)
			continue;
		new[i] += new[i] == old[mirror];
		if (mirror < i)
			new[i] = new[mirror];
	}
}

static void kill_one(struct stress_thread *thread)
{
	bool exits = stress_below(thread, 2);
	/* Short and long times, as the duration of a request depends on the kernel. */
	unsigned int us = 1 + (stress_below(thread, 60000) >> stress_below(thread, 8));
	pid_t pid;

	make_new(thread);
	__atomic_store_n(&kills->begun, false, __ATOMIC_RELAXED);
	pid = fork();
	if (pid < 0)
		guest_die("kills: fork: %s", strerror(errno));
	if (!pid)
		child(exits, us);
	if (!exits) {
		wait_until_begun();
		guest_sleep_us(us);
		kill(pid, SIGKILL);
	}
	waitpid(pid, NULL, 0);
	check_killed();
}

/* Called when the devices are open. */
void stress_kills_begin(unsigned long long seed)
{
	struct stress_thread thread = { .name = "kills", .seed = seed * 1000003 + 999 };
	time_t end;

	kills = mmap(NULL, sizeof(*kills), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		     -1, 0);
	if (kills == MAP_FAILED)
		guest_die("no memory");
	process = fork();
	if (process < 0)
		guest_die("fork: %s", strerror(errno));
	if (process)
		return;

	read_all();
	memcpy(old, is, LONG);
	while (!__atomic_load_n(&kills->stop, __ATOMIC_RELAXED)) {
		kill_one(&thread);
		guest_sleep_us(5000);
	}
	/* On a slow machine, only a few kills fit into the stress. */
	end = time(NULL) + SECONDS_MAX;
	while (!kills->midway && time(NULL) < end)
		kill_one(&thread);
	_exit(0);
}

void stress_kills_end(void)
{
	int status;

	__atomic_store_n(&kills->stop, true, __ATOMIC_RELAXED);
	waitpid(process, &status, 0);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		guest_die("the process that kills the others failed");
	guest_log("thread kills: done %u failed 0 midway %u\n", kills->killed, kills->midway);
}
