// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random requests on several BARs of several functions at the same time, while
 * everything else happens to these that can.
 *
 *   bar-stress SEED SECONDS COUNT CAP [switch] [calm] [still]
 *
 * SEED is where all random numbers come from; each thread ends after SECONDS, or when
 * it has done COUNT of its rounds. CAP is the file of bar_max_width. With "switch" the
 * livepatch, which is in place at the begin, goes and comes again; without it the rework
 * is in the tree, where a device keeps the limit with which it was opened. With "calm" no mapping
 * is taken away while the kernel takes away its pages. With "still" BARs stay where they
 * are, for a machine that cannot cope with their coming and going on several processors.
 *
 * What must hold whatever happens is looked at by the threads (memory is what was
 * written, no doubleword is torn) or, in what was logged of the devices, by the host (no
 * request is done twice, no access while memory decode is off).
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <linux/pci_regs.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stress.h"

/* From the end of the time to when something counts as stuck. */
#define STUCK_SECONDS	90

#define THREAD(n, r, d, i)	{ .name = (n), .run = (r), .device = (d), .index = (i) }

static struct stress_thread threads[] = {
	THREAD("memory 0", stress_memory, STRESS_MEMORY, 0),
	THREAD("memory 1", stress_memory, STRESS_MEMORY, 1),
	THREAD("memory 2", stress_memory, STRESS_MEMORY, 2),
	THREAD("rmemory 0", stress_memory, STRESS_RMEMORY, 0),
	THREAD("rmemory 1", stress_memory, STRESS_RMEMORY, 1),
	THREAD("hmemory 0", stress_memory, STRESS_HMEMORY, 0),
	THREAD("block-writer", stress_block_writer, STRESS_MEMORY, 0),
	THREAD("block-reader 0", stress_block_reader, STRESS_MEMORY, 0),
	THREAD("block-reader 1", stress_block_reader, STRESS_MEMORY, 1),
	THREAD("numbers 0", stress_numbers, STRESS_REGS, 0),
	THREAD("numbers 1", stress_numbers, STRESS_REGS, 1),
	THREAD("numbers 2", stress_numbers, STRESS_HREGS, 0),
	THREAD("crossing", stress_crossing, STRESS_REGS, 0),
	THREAD("looker", stress_looker, STRESS_NVME, 0),
	THREAD("decode regs", stress_decode, STRESS_REGS, 0),
	THREAD("decode memory", stress_decode, STRESS_MEMORY, 0),
	THREAD("decode hregs", stress_decode, STRESS_HREGS, 0),
	THREAD("reset nvme", stress_reset, STRESS_NVME, 0),
	THREAD("reset rmemory", stress_reset, STRESS_RMEMORY, 0),
	THREAD("hot-reset", stress_hot_reset, STRESS_HMEMORY, 0),
	THREAD("interrupts", stress_interrupts, STRESS_REGS, 0),
	THREAD("ioeventfd", stress_ioeventfd, STRESS_RMEMORY, 0),
	THREAD("modes", stress_modes, STRESS_REGS, 0),
	THREAD("forks", stress_forks, STRESS_MEMORY, 0),
	THREAD("sessions", stress_sessions, STRESS_NIC, 0),
};

static unsigned long long seed, count_max;
static bool stop;

static __thread struct stress_thread *self;

static pthread_rwlock_t mode_lock, zap_lock;
static bool calm, still;
static struct stress_mode mode = { .ours = true, .wide = true };

bool stress_going(const struct stress_thread *thread)
{
	return !__atomic_load_n(&stop, __ATOMIC_RELAXED) && thread->done < count_max;
}

void stress_die(const struct stress_thread *thread, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	guest_die("seed %llu, %s after %llu: %s", seed, thread->name, thread->done, text);
}

/* splitmix64 */
unsigned long long stress_random(struct stress_thread *thread)
{
	unsigned long long z = thread->seed += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;

	return z ^ z >> 31;
}

unsigned int stress_below(struct stress_thread *thread, unsigned int limit)
{
	return stress_random(thread) % limit;
}

void stress_rest(struct stress_thread *thread, unsigned int us)
{
	guest_sleep_us(1 + stress_below(thread, us));
}

/* ---- the mode ---- */

/*
 * A request that holds the mode knows under which it is carried out. Most do without:
 * the mode would never change in the middle of one.
 */
struct stress_mode stress_mode_hold(struct stress_thread *thread)
{
	if (pthread_rwlock_rdlock(&mode_lock))
		stress_die(thread, "the mode cannot be held");

	return mode;
}

bool stress_mode_try_hold(struct stress_thread *thread, struct stress_mode *held)
{
	if (stress_below(thread, 2) || pthread_rwlock_tryrdlock(&mode_lock))
		return false;
	*held = mode;

	return true;
}

void stress_mode_release(void)
{
	pthread_rwlock_unlock(&mode_lock);
}

/*
 * To a mode with less to rely on before something changes, to one with more after it
 * has. Requests that hold the mode are over then.
 */
void stress_mode_change(struct stress_mode new)
{
	pthread_rwlock_wrlock(&mode_lock);
	mode = new;
	pthread_rwlock_unlock(&mode_lock);
}

/* Or those who change it would wait forever. */
static void init_locks(void)
{
	pthread_rwlockattr_t attr;

	pthread_rwlockattr_init(&attr);
	pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&mode_lock, &attr);
	pthread_rwlock_init(&zap_lock, &attr);
}

/* ---- mappings of BARs ---- */

static void on_bus_error(int number)
{
	if (!self || !self->bus_error)
		guest_die("signal %d out of nowhere", number);
	siglongjmp(*self->bus_error, 1);
}

/*
 * Copies byte by byte where one side is a mapping of a BAR. False if memory decode was
 * off; @done bytes have been copied then.
 */
bool stress_touch(struct stress_thread *thread, volatile unsigned char *dst,
		  volatile const unsigned char *src, size_t count, size_t *done)
{
	volatile size_t i = 0;
	sigjmp_buf bus_error;
	bool whole;

	thread->bus_error = &bus_error;
	if (sigsetjmp(bus_error, 1)) {
		whole = false;
	} else {
		for (; i < count; i++)
			dst[i] = src[i];
		whole = true;
	}
	thread->bus_error = NULL;
	*done = i;

	return whole;
}

/*
 * munmap() of kernels up to 6.9 and their VFIO, when it takes the pages of all mappings
 * of a BAR away, may come upon the same mapping at a time; the kernel then warns of pages
 * that it does not find (untrack_pfn). That is not what is looked for here.
 */
void stress_unmap(void *map, size_t length)
{
	if (calm)
		pthread_rwlock_rdlock(&zap_lock);
	munmap(map, length);
	if (calm)
		pthread_rwlock_unlock(&zap_lock);
}

/* Around what makes the kernel take pages away: decode going off, and resets. */
void stress_zap_begin(void)
{
	if (calm)
		pthread_rwlock_wrlock(&zap_lock);
}

void stress_zap_end(void)
{
	if (calm)
		pthread_rwlock_unlock(&zap_lock);
}

/* ---- devices ---- */

static struct stress_device *other_of_group(struct stress_device *device)
{
	struct stress_device *other;
	struct function func;

	if (function_find(&func, device->bdf))
		guest_die("there is no %s", device->bdf);
	for (other = stress_devices; other < device; other++)
		if (!strcmp(other->dev.func.group, func.group))
			return other;

	return NULL;
}

/* A group can be opened once, whatever is in it. */
static void open_by_group_of(struct stress_device *device, const struct stress_device *other)
{
	struct device *dev = &device->dev;
	struct guest_bar config;

	*dev = (struct device) { .container = -1, .group = -1, .fd = -1 };
	if (function_find(&dev->func, device->bdf))
		guest_die("there is no %s", device->bdf);
	dev->fd = ioctl(other->dev.group, VFIO_GROUP_GET_DEVICE_FD, device->bdf);
	if (dev->fd < 0 || guest_bar_open(dev, VFIO_PCI_CONFIG_REGION_INDEX, &config))
		guest_die("cannot open %s: %s", device->bdf, strerror(errno));
	dev->config_offset = config.pos;
	guest_set_command(dev, PCI_COMMAND_MEMORY, 0);
}

void stress_open(struct stress_device *device)
{
	struct stress_device *other = other_of_group(device);
	unsigned int value;

	if (other)
		open_by_group_of(device, other);
	else if (device_open(&device->dev, device->bdf, true))
		guest_die("cannot open %s", device->bdf);
	if (guest_bar_open(&device->dev, device->bar, &device->region))
		guest_die("no BAR %u of %s", device->bar, device->bdf);
	device->region.pos += device->from;
	/* What stock does with first requests that meet is not looked at here. */
	if (pread(device->dev.fd, &value, 4, device->region.pos) != 4)
		guest_die("cannot read from %s: %s", device->bdf, strerror(errno));
	guest_log_bar(device->name, &device->dev, device->bar, &device->region);
	guest_log("device %s %s %u\n", device->name, device->bdf, device->bar);
}

/* ---- threads ---- */

static void *run_thread(void *arg)
{
	self = arg;
	self->run(self);

	return NULL;
}

static void print_file(const char *path)
{
	char line[256];
	FILE *file = fopen(path, "r");

	while (file && fgets(line, sizeof(line), file))
		fputs(line, stdout);
	if (file)
		fclose(file);
}

/*
 * Says where all threads of this process's parent are, in case the kernel can tell, and
 * ends the machine: a process of which a thread is stuck in the kernel would not end.
 */
static noreturn void die_stuck(void)
{
	pid_t stuck = getppid();
	struct dirent *task;
	char path[512];
	DIR *tasks;

	printf("GUEST FAILED: seed %llu: something is stuck\n", seed);
	snprintf(path, sizeof(path), "/proc/%d/task", stuck);
	tasks = opendir(path);
	while (tasks && (task = readdir(tasks))) {
		snprintf(path, sizeof(path), "/proc/%d/task/%s/comm", stuck, task->d_name);
		print_file(path);
		snprintf(path, sizeof(path), "/proc/%d/task/%s/stack", stuck, task->d_name);
		print_file(path);
	}
	fflush(stdout);
	reboot(RB_POWER_OFF);
	_exit(1);
}

/*
 * A process of its own: where the threads are stuck with the lock of their address
 * space, none of them can so much as allocate memory.
 */
static pid_t start_watchdog(unsigned int seconds)
{
	pid_t pid = fork();

	if (pid < 0)
		guest_die("no process");
	if (!pid) {
		guest_sleep_us(seconds * 1000000);
		die_stuck();
	}

	return pid;
}

/* Whether BARs come and go by it. */
static bool moves_bars(const struct stress_thread *thread)
{
	return thread->run == stress_decode || thread->run == stress_reset ||
	       thread->run == stress_hot_reset || thread->run == stress_sessions;
}

static bool has_thread(const struct stress_thread *thread)
{
	if (still && moves_bars(thread))
		return false;

	return thread->run != stress_hot_reset || stress_machine.has_hot_reset;
}

static void run_all(unsigned int seconds)
{
	pthread_t ids[ARRAY_SIZE(threads)];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(threads); i++) {
		threads[i].seed = seed * 1000003 + i;
		if (!has_thread(&threads[i]))
			continue;
		if (pthread_create(&ids[i], NULL, run_thread, &threads[i]))
			guest_die("no thread");
		pthread_setname_np(ids[i], threads[i].name);
	}
	guest_sleep_us(seconds * 1000000);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		if (has_thread(&threads[i]))
			pthread_join(ids[i], NULL);
}

static void log_threads(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(threads); i++) {
		const struct stress_thread *thread = &threads[i];

		guest_log("thread %s: done %llu failed %llu\n", thread->name, thread->done,
			  thread->failed);
		if (thread->run == stress_numbers)
			guest_log("slot %s 0x%x %llu\n", stress_devices[thread->device].name,
				  STRESS_SLOT(thread->index), thread->last);
		for (int word = 0; word < 3 && thread->run == stress_crossing; word++)
			guest_log("slot %s 0x%x %llu\n", stress_devices[thread->device].name,
				  STRESS_CROSSING + 8 * word, thread->last);
	}
}

int main(int argc, char **argv)
{
	const struct sigaction action = { .sa_handler = on_bus_error, .sa_flags = SA_NODEFER };
	unsigned int i, seconds;
	pid_t watchdog;

	if (argc < 5)
		guest_die("usage: bar-stress SEED SECONDS COUNT CAP [switch] [calm] [still]");
	seed = strtoull(argv[1], NULL, 0);
	seconds = strtoul(argv[2], NULL, 0);
	count_max = strtoull(argv[3], NULL, 0);
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TEST: seed %llu\n", seed);

	guest_open();
	init_locks();
	sigaction(SIGBUS, &action, NULL);
	for (i = 5; i < (unsigned int)argc; i++) {
		calm |= !strcmp(argv[i], "calm");
		still |= !strcmp(argv[i], "still");
	}
	stress_modes_setup(argv[4], argc > 5 && !strcmp(argv[5], "switch"));
	for (i = 0; i < STRESS_DEVICES; i++)
		stress_open(&stress_devices[i]);

	/* A process of one thread, which may fork as it likes. */
	stress_kills_begin(seed);
	watchdog = start_watchdog(seconds + STUCK_SECONDS);
	guest_mark(GUEST_MARK_BEGIN, 0);
	run_all(seconds);
	guest_mark(GUEST_MARK_END, 0);
	stress_kills_end();
	kill(watchdog, SIGKILL);
	waitpid(watchdog, NULL, 0);
	log_threads();
	guest_log("stressed %llu\n", seed);

	return 0;
}
