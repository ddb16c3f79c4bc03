// SPDX-License-Identifier: GPL-2.0-only
/*
 * Concurrent random requests on several BARs of several functions, while the functions are
 * reset, mapped, unbound and more, and their memory decode goes off and on.
 *
 *   bar-stress SEED SECONDS COUNT CAP [switch] [calm] [still]
 *
 * SEED seeds all random numbers. Each thread ends after SECONDS or COUNT rounds. CAP is
 * the file of bar_max_width. With "switch" the livepatch, which is loaded at the start, is
 * disabled and enabled again; without it there are replacement modules, with which a
 * device latches the limit when it is opened. With "calm" no mapping is unmapped while the
 * kernel zaps its pages. With "still" memory decode stays on, for a machine that cannot
 * cope with BARs that disappear and reappear while several processors run.
 *
 * The invariants are checked by the threads (memory holds what was written, no doubleword
 * is torn) or, in the devices' logs, by the host (no request is done twice, no access
 * while memory decode is off).
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

/* Seconds after the end before a thread counts as stuck. */
#define STUCK_SECONDS	300

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
 * While a request holds the mode, no other thread changes it. Some requests must not hold
 * it, so that the mode also changes in the middle of a request.
 */
struct stress_mode stress_mode_hold(struct stress_thread *thread)
{
	if (pthread_rwlock_rdlock(&mode_lock))
		stress_die(thread, "cannot take the mode's lock");

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
 * Change to a mode with fewer guarantees before something changes, and to one with more
 * afterwards. Waits for requests that hold the mode.
 */
void stress_mode_change(struct stress_mode new)
{
	pthread_rwlock_wrlock(&mode_lock);
	mode = new;
	pthread_rwlock_unlock(&mode_lock);
}

/* Without a preference for writers, requests would keep the mode from ever changing. */
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
		guest_die("unexpected signal %d", number);
	siglongjmp(*self->bus_error, 1);
}

/*
 * Copy byte by byte where one side is a mapping of a BAR. Returns false if memory decode
 * was off; @done bytes have been copied then.
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
 * Up to 6.9, munmap() may race with VFIO zapping all mappings of a BAR; the kernel then
 * warns of pages that it does not find (untrack_pfn). This is not what is tested here.
 */
void stress_unmap(void *map, size_t length)
{
	if (calm)
		pthread_rwlock_rdlock(&zap_lock);
	munmap(map, length);
	if (calm)
		pthread_rwlock_unlock(&zap_lock);
}

/* Called around what makes the kernel zap mappings: decode off, and resets. */
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

/* A group can be opened only once, so take it from another device in the group. */
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
	/* Stock's handling of concurrent first requests is not tested here. */
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
 * Log the stacks of all threads of the parent process, if the kernel can tell, and power
 * off: a process with a thread stuck in the kernel would not exit.
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
 * A separate process: if a thread is stuck with mmap_lock held, none of the threads can
 * even allocate memory.
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

/* Does the thread turn memory decode off and on? */
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
		if (thread->run == stress_modes)
			guest_log("switched %llu\n", thread->last);
		if (thread->run == stress_sessions)
			guest_log("unbound %llu\n", thread->last);
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

	/* In a process with a single thread, which can fork safely. */
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
