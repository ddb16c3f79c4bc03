// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests while something else happens:
 *
 *   switch N   the livepatch is loaded, disabled and unloaded N times
 *   first N    N times, concurrent first requests on BARs
 *   kill       long requests get a fatal signal
 *   outlive    BARs first used through the livepatch, after it is unloaded
 *
 * Devices stay open all the time, except for "first".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

#define EDU	"0000:00:04.0"
#define NIC	"0000:00:05.0"
#define NVME	"0000:00:07.0"
#define MEMORY	"0000:00:08.0"

/* The first offset of the writers on edu, which has no registers from here on. */
#define EDU_SLOTS	0x1000
#define WRITERS		2
#define KILLS		4
#define BLOCK		0x4000

/* The upper half of a writer's values, by which the host finds them. */
#define WRITER_MAGIC	0x57000000U

static struct device edu, memory;
static struct guest_bar edu_bar, memory_bar;
static bool stop;
static pthread_barrier_t together;

static void open_bar(struct device *dev, const char *bdf, unsigned int index,
		     struct guest_bar *bar)
{
	if (device_open(dev, bdf, true) || guest_bar_open(dev, index, bar))
		guest_die("cannot open %s", bdf);
}

static void must(ssize_t ret, size_t count, const char *what)
{
	if (ret != (ssize_t)count)
		guest_die("%s of %zu returned %zd (%s)", what, count, ret,
			  ret < 0 ? strerror(errno) : "short");
}

/*
 * Use the BAR once: stock 6.1 sets up a BAR's map without a lock, so concurrent first
 * requests may fail. "first" does not call this, as it tests just that.
 */
static void touch(const struct device *dev, const struct guest_bar *bar)
{
	unsigned int value;

	must(pread(dev->fd, &value, 4, bar->pos), 4, "first read");
}

/*
 * Writes each value once, in order, so that a lost or repeated one shows in the trace. It
 * rests between requests: in a transition of the patch, the kernel looks at a task once a
 * second and can switch it only outside a request.
 */
static void *writer(void *arg)
{
	unsigned long long self = (uintptr_t)arg, number = 0;
	off_t pos = edu_bar.pos + EDU_SLOTS + 8 * self;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		unsigned long long value = (WRITER_MAGIC | self) << 32 | ++number;

		must(pwrite(edu.fd, &value, 8, pos), 8, "edu: write");
		guest_sleep_us(500);
	}

	return (void *)(uintptr_t)number;
}

/* Each thread has its own block of memory, which must hold what it wrote. */
static void *checker(void *arg)
{
	static unsigned char bufs[WRITERS][2][BLOCK];
	uintptr_t self = (uintptr_t)arg;
	off_t pos = memory_bar.pos + 2 * BLOCK * self;
	unsigned char *out = bufs[self][0], *in = bufs[self][1];
	uintptr_t round = 0;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		size_t off = round * 37 % PAGE, count = 1 + round * 1009 % (BLOCK - PAGE), i;

		for (i = 0; i < count; i++)
			out[i] = round + i * 3;
		must(pwrite(memory.fd, out, count, pos + off), count, "memory: write");
		must(pread(memory.fd, in, count, pos + off), count, "memory: read");
		if (memcmp(out, in, count))
			guest_die("memory: %zu bytes at 0x%zx are not what was written",
				  count, off);
		round++;
		guest_sleep_us(20000);
	}

	return (void *)round;
}

/*
 * Load the patch and reverse its transition midway. Returns false if the transition had
 * already completed.
 */
static bool load_and_go_back(void)
{
	bool back;
	int state;

	guest_patch_load();
	state = open(GUEST_PATCH "/enabled", O_WRONLY | O_CLOEXEC);
	if (state < 0)
		guest_die("%s/enabled: %s", GUEST_PATCH, strerror(errno));
	back = guest_patch_in_transition() && write(state, "0", 1) == 1;
	close(state);
	if (back)
		guest_patch_unload();

	return back;
}

/* A marked period during which the patch is fully on (odd) or off (even). */
static void quiet_time(unsigned int id)
{
	guest_mark(GUEST_MARK_BEGIN, id);
	guest_sleep_us(3000);
	guest_mark(GUEST_MARK_END, id);
}

static void switch_patch(unsigned int times)
{
	pthread_t writers[WRITERS], checkers[WRITERS];
	unsigned int i, went_back = 0;
	uintptr_t n;
	void *ret;

	open_bar(&edu, EDU, 0, &edu_bar);
	open_bar(&memory, MEMORY, 2, &memory_bar);
	touch(&edu, &edu_bar);
	touch(&memory, &memory_bar);
	guest_log_bar("edu", &edu, 0, &edu_bar);

	for (n = 0; n < WRITERS; n++)
		if (pthread_create(&writers[n], NULL, writer, (void *)n) ||
		    pthread_create(&checkers[n], NULL, checker, (void *)n))
			guest_die("no thread");

	for (i = 0; i < times; i++) {
		quiet_time(2 * i);
		if (i % 10 == 9 && load_and_go_back()) {
			went_back++;
			guest_patch_load();
		} else if (i % 10 != 9) {
			guest_patch_load();
		}
		guest_patch_settle();
		quiet_time(2 * i + 1);
		guest_write_file(GUEST_PATCH "/enabled", "0");
		guest_patch_unload();
	}
	quiet_time(2 * i);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	guest_log("switched %u went-back %u\n", times, went_back);

	for (n = 0; n < WRITERS; n++) {
		pthread_join(writers[n], &ret);
		guest_log("written %zu %zu\n", n, (uintptr_t)ret);
		pthread_join(checkers[n], &ret);
		guest_log("checked %zu %zu\n", n, (uintptr_t)ret);
	}
}

#define FIRST_THREADS	4

struct first {
	int fd;
	const struct guest_bar *bar;
	ssize_t ret;
	int err;
};

static void *first_request(void *arg)
{
	struct first *first = arg;
	unsigned int value;

	pthread_barrier_wait(&together);
	first->ret = pread(first->fd, &value, 4, first->bar->pos);
	first->err = errno;

	return NULL;
}

static void *first_mmap(void *arg)
{
	struct first *first = arg;
	void *map;

	pthread_barrier_wait(&together);
	map = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, first->fd, first->bar->pos);
	first->ret = map != MAP_FAILED;
	if (map != MAP_FAILED)
		munmap(map, PAGE);

	return NULL;
}

static void meet(const char *bdf, unsigned int index, bool with_mmap, unsigned int *refused)
{
	struct first firsts[FIRST_THREADS + 1];
	pthread_t threads[FIRST_THREADS + 1];
	unsigned int i, nr = FIRST_THREADS + with_mmap;
	struct guest_bar bar;
	struct device dev;

	open_bar(&dev, bdf, index, &bar);
	pthread_barrier_init(&together, NULL, nr);
	for (i = 0; i < nr; i++) {
		firsts[i] = (struct first) { .fd = dev.fd, .bar = &bar };
		if (pthread_create(&threads[i], NULL,
				   i < FIRST_THREADS ? first_request : first_mmap, &firsts[i]))
			guest_die("no thread");
	}
	for (i = 0; i < nr; i++)
		pthread_join(threads[i], NULL);
	for (i = 0; i < FIRST_THREADS; i++)
		if (firsts[i].ret != 4)
			guest_die("first request on BAR %u of %s returned %zd (%s)", index, bdf,
				  firsts[i].ret, strerror(firsts[i].err));
	if (with_mmap && !firsts[FIRST_THREADS].ret)
		++*refused;
	pthread_barrier_destroy(&together);
	device_close(&dev);
}

static void first_requests(unsigned int times)
{
	unsigned int i, refused = 0;

	for (i = 0; i < times; i++) {
		meet(EDU, 0, false, &refused);
		meet(NIC, i % 2, false, &refused);
		meet(NVME, 0, true, &refused);
	}
	guest_log("first %u mmap-refused %u\n", times, refused);
}

/*
 * Read the same 512 KiB of the BAR over and over. A byte through @pipe says that the first
 * request is complete.
 */
static void long_requests(int pipe)
{
	static unsigned char buf[0x80000];

	for (;;) {
		must(pread(edu.fd, buf, sizeof(buf), edu_bar.pos + EDU_SLOTS), sizeof(buf),
		     "edu: read");
		if (pipe >= 0)
			must(write(pipe, buf, 1), 1, "pipe: write");
		pipe = -1;
	}
}

static void kill_one(unsigned int id)
{
	int pipes[2], status;
	char byte;
	pid_t child;

	if (pipe(pipes))
		guest_die("no pipe");
	child = fork();
	if (child < 0)
		guest_die("no process");
	if (!child) {
		guest_mark(GUEST_MARK_BEGIN, id);
		long_requests(pipes[1]);
	}
	close(pipes[1]);
	must(read(pipes[0], &byte, 1), 1, "pipe: read");
	close(pipes[0]);
	guest_sleep_us(10000 * id);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	guest_mark(GUEST_MARK_END, id);
	guest_log("killed %u %d\n", id, WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

/* One signal in 128 arrives during a request's last chunk, and the request completes. */
static void kill_requests(void)
{
	unsigned int id;

	open_bar(&edu, EDU, 0, &edu_bar);
	guest_log_bar("edu", &edu, 0, &edu_bar);
	for (id = 1; id <= KILLS; id++)
		kill_one(id);
}

static void read_all(const char *path)
{
	char line[256];
	FILE *file = fopen(path, "r");
	unsigned int claims = 0;

	if (!file)
		guest_die("%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), file))
		claims += strstr(line, "    ") && strstr(line, NIC);
	fclose(file);
	guest_log("claims %s %u\n", path, claims);
}

/* The patch is loaded. What the kernel keeps from it must not point into the module. */
static void outlive(void)
{
	struct guest_bar port, mmio;
	struct device nic;

	open_bar(&nic, NIC, 0, &port);
	if (guest_bar_open(&nic, 1, &mmio))
		guest_die("no BAR 1");
	touch(&nic, &port);
	touch(&nic, &mmio);

	guest_write_file(GUEST_PATCH "/enabled", "0");
	guest_patch_unload();

	read_all("/proc/iomem");
	read_all("/proc/ioports");
	touch(&nic, &port);
	touch(&nic, &mmio);
	device_close(&nic);
}

int main(int argc, char **argv)
{
	unsigned int times = argc > 2 ? strtoul(argv[2], NULL, 0) : 1;

	guest_open();
	if (argc > 1 && !strcmp(argv[1], "switch"))
		switch_patch(times);
	else if (argc > 1 && !strcmp(argv[1], "first"))
		first_requests(times);
	else if (argc > 1 && !strcmp(argv[1], "kill"))
		kill_requests();
	else if (argc > 1 && !strcmp(argv[1], "outlive"))
		outlive();
	else
		guest_die("usage: bar-load switch N | first N | kill | outlive");
	guest_log("done\n");

	return 0;
}
