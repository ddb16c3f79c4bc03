// SPDX-License-Identifier: GPL-2.0-only
/* Shared by the test programs that run inside the emulated machine. */
#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

#define MODULE	"/modules/vfio-pci-width.ko"

#define PLAN_WORDS_MAX	16
#define DEVICES_MAX	16

static struct {
	char name[16];
	struct device dev;
} devices[DEVICES_MAX];
static unsigned int nr_devices;

int complain(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);

	return -1;
}

void guest_die(const char *fmt, ...)
{
	va_list args;

	printf("GUEST FAILED: ");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
	exit(1);
}

unsigned long long guest_number(const char *text)
{
	char *end;
	unsigned long long value = strtoull(text, &end, 0);

	if (end == text || *end)
		guest_die("%s is not a value", text);

	return value;
}

void guest_step_device(char **args)
{
	if (nr_devices == DEVICES_MAX)
		guest_die("too many devices");
	snprintf(devices[nr_devices].name, sizeof(devices[0].name), "%s", args[0]);
	if (device_open(&devices[nr_devices].dev, args[1], true))
		guest_die("cannot open %s", args[1]);
	nr_devices++;
}

struct device *guest_device(const char *name)
{
	unsigned int i;

	for (i = 0; i < nr_devices; i++)
		if (!strcmp(devices[i].name, name))
			return &devices[i].dev;
	guest_die("the plan has no device %s", name);
}

static void plan_line(char *line, const struct guest_step *steps, unsigned int nr_steps)
{
	char *words[PLAN_WORDS_MAX], *save = NULL, *word;
	unsigned int nr = 0, i;

	for (word = strtok_r(line, "\n ", &save); word; word = strtok_r(NULL, "\n ", &save)) {
		if (nr == PLAN_WORDS_MAX)
			guest_die("the plan has too many words: %s", words[0]);
		words[nr++] = word;
	}

	for (i = 0; nr && i < nr_steps; i++)
		if (!strcmp(words[0], steps[i].name) && nr == steps[i].nr_args + 1)
			return steps[i].run(words + 1);
	if (nr)
		guest_die("the plan is invalid: %s and %u words", words[0], nr - 1);
}

void guest_plan_run(const char *path, const struct guest_step *steps, unsigned int nr_steps)
{
	FILE *plan = fopen(path, "r");
	char line[512];

	if (!plan)
		guest_die("%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), plan))
		plan_line(line, steps, nr_steps);
	fclose(plan);
}

/* The kernel latches some parameters at open. No mapping of the device may be left. */
void guest_reopen(struct device *dev)
{
	char bdf[BDF_LEN];

	memcpy(bdf, dev->func.bdf, sizeof(bdf));
	device_close(dev);
	if (device_open(dev, bdf, true))
		guest_die("cannot open %s again", bdf);
}

int guest_bar_open(struct device *dev, unsigned int index, struct guest_bar *bar)
{
	struct region region;

	if (region_open(dev, index, &region))
		return -1;
	bar->pos = region.info->offset;
	bar->size = region.info->size;
	bar->flags = region.info->flags;
	region_close(&region);

	return 0;
}

void *guest_bar_map(struct device *dev, const struct guest_bar *bar)
{
	void *map = mmap(NULL, bar->size, PROT_READ | PROT_WRITE, MAP_SHARED, dev->fd, bar->pos);

	if (map == MAP_FAILED)
		guest_die("cannot mmap a BAR of %s: %s", dev->func.bdf, strerror(errno));

	return map;
}

/* Log the bus address of a BAR, so that the host can decode the trace. */
void guest_log_bar(const char *name, struct device *dev, unsigned int index,
		   const struct guest_bar *bar)
{
	unsigned long long start, end, flags;
	char path[128], line[128];
	unsigned int i;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource", dev->func.bdf);
	file = fopen(path, "r");
	if (!file)
		guest_die("%s: %s", path, strerror(errno));
	for (i = 0; i <= index; i++)
		if (!fgets(line, sizeof(line), file))
			guest_die("%s is short", path);
	fclose(file);

	if (sscanf(line, "%llx %llx %llx", &start, &end, &flags) != 3)
		guest_die("%s is invalid: %s", path, line);
	guest_log("bar %s %u 0x%llx 0x%llx %s at 0x%llx\n", name, index, start,
		  bar->size, flags & 0x100 ? "io" : "mem", bar->pos);
}

void guest_set_command(struct device *dev, unsigned int set, unsigned int clear)
{
	unsigned short command;

	if (pread(dev->fd, &command, 2, dev->config_offset + PCI_COMMAND) != 2)
		guest_die("cannot read the command register: %s", strerror(errno));
	command = htole16((le16toh(command) | set) & ~clear);
	if (pwrite(dev->fd, &command, 2, dev->config_offset + PCI_COMMAND) != 2)
		guest_die("cannot write the command register: %s", strerror(errno));
}

void guest_write_file(const char *path, const char *text)
{
	size_t len = strlen(text);
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, len) != (ssize_t)len)
		guest_die("cannot write %s to %s: %s", text, path, strerror(errno));
	close(fd);
}

/*
 * Run before all other tasks; children do not inherit this. By default the kernel throttles
 * such tasks for a twentieth of each second.
 */
void guest_be_urgent(bool urgent)
{
	const struct sched_param param = { .sched_priority = urgent ? 50 : 0 };
	int policy = urgent ? SCHED_FIFO : SCHED_OTHER;

	guest_write_file("/proc/sys/kernel/sched_rt_runtime_us", "-1");
	if (sched_setscheduler(0, policy | SCHED_RESET_ON_FORK, &param))
		guest_die("sched_setscheduler(): %s", strerror(errno));
}

void guest_sleep_us(unsigned int us)
{
	const struct timespec time = { us / 1000000, us % 1000000 * 1000L };

	nanosleep(&time, NULL);
}

bool guest_patch_in_transition(void)
{
	char state = '0';
	int fd = open(GUEST_PATCH "/transition", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	if (read(fd, &state, 1) != 1)
		state = '0';
	close(fd);

	return state == '1';
}

void guest_patch_load(void)
{
	int fd = open(MODULE, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
		guest_die("cannot load %s: %s", MODULE, strerror(errno));
	close(fd);
}

void guest_patch_settle(void)
{
	while (guest_patch_in_transition())
		guest_sleep_us(1000);
}

/* The caller has disabled the patch. */
void guest_patch_unload(void)
{
	int tries = 10000;

	/* The kernel removes the patch's directory when the transition is complete. */
	while (!access(GUEST_PATCH, F_OK))
		guest_sleep_us(1000);
	while (syscall(SYS_delete_module, "vfio_pci_width", O_NONBLOCK)) {
		if ((errno != EAGAIN && errno != EWOULDBLOCK && errno != EBUSY) || !--tries)
			guest_die("cannot unload the module: %s", strerror(errno));
		guest_sleep_us(1000);
	}
}
