// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a list of steps beyond plain requests on BARs, which bar-requests covers: any
 * positions in the device file, ioeventfds, mappings, and VFIO's region info.
 *
 *   bar-features PLAN
 *
 * Steps, one a line:
 *
 *   device NAME BDF                opens a function; later steps use its name
 *   reopen NAME                    closes it and opens it again
 *   bar NAME INDEX                 logs the bus address of a BAR
 *   decode NAME on|off             memory decode
 *   file PATH TEXT                 writes a file
 *   show ID PATH                   logs a file, each line as "ID line TEXT"
 *   write ID NAME POS COUNT VALUE  pwrite() of the 8 bytes of VALUE, repeated
 *   read ID NAME POS COUNT         pread(); logs its first 8 bytes as a number
 *   assign ID NAME POS COUNT VALUE    a new ioeventfd
 *   deassign ID NAME POS COUNT VALUE  removes it
 *   signal ID                      signals the ioeventfd assigned last
 *   storm ID NAME POS COUNT VALUE TIMES
 *                                  assigns one, signals it, removes it, TIMES times
 *   info ID NAME INDEX ARGSZ       VFIO_DEVICE_GET_REGION_INFO with room for ARGSZ
 *                                  bytes; logs "ID info ARGSZ FLAGS SIZE OFFSET" and
 *                                  the ARGSZ bytes as "ID raw HEXADECIMAL"
 *   access ID NAME INDEX           VFIO_DEVICE_FEATURE_REGION_ACCESS; logs the answer's
 *                                  words as "ID access NUMBER..."
 *   ask ID NAME OPERATION FLAGS SIZE
 *                                  the same feature with other arguments
 *   map ID NAME POS LENGTH         mmap()
 *   poke ID MAP OFF VALUE          stores 4 bytes in the mapping that step MAP made
 *   peek ID MAP OFF                loads 4 bytes
 *
 * A step with an ID also logs "ID RETURN ERRNO VALUE"; RETURN of a peek or poke that
 * ended in SIGBUS is -1. The accesses of a step are between two markers.
 */
#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest.h"

#define IDS_MAX		4096
#define BUFFER_SIZE	4096

static unsigned char buffer[BUFFER_SIZE];
static int event = -1;

static char *maps[IDS_MAX];
static sigjmp_buf bus_error;

static unsigned int small_number(const char *text, unsigned int limit)
{
	unsigned long long value = guest_number(text);

	if (value >= limit)
		guest_die("%s is too much", text);

	return value;
}

static void result(const char *id, long ret, unsigned long long value)
{
	int err = ret < 0 ? errno : 0;

	guest_log("%s %ld %d %llu\n", id, ret, err, value);
}

static void step_bar(char **args)
{
	unsigned int index = small_number(args[1], VFIO_PCI_NUM_REGIONS);
	struct device *dev = guest_device(args[0]);
	struct guest_bar bar;

	if (guest_bar_open(dev, index, &bar))
		guest_die("no region info of region %u of %s", index, args[0]);
	guest_log_bar(args[0], dev, index, &bar);
}

static void step_reopen(char **args)
{
	guest_reopen(guest_device(args[0]));
}

static void step_decode(char **args)
{
	if (strcmp(args[1], "on"))
		guest_set_command(guest_device(args[0]), 0, PCI_COMMAND_MEMORY);
	else
		guest_set_command(guest_device(args[0]), PCI_COMMAND_MEMORY, 0);
}

static void step_file(char **args)
{
	guest_write_file(args[0], args[1]);
}

static void step_show(char **args)
{
	FILE *file = fopen(args[1], "r");
	char line[512];

	if (!file)
		guest_die("%s: %s", args[1], strerror(errno));
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		guest_log("%s line %s\n", args[0], line);
	}
	fclose(file);
	result(args[0], 0, 0);
}

static void step_write(char **args)
{
	unsigned int id = guest_number(args[0]), count = small_number(args[3], BUFFER_SIZE + 1);
	unsigned long long value = htole64(guest_number(args[4]));
	struct device *dev = guest_device(args[1]);
	ssize_t ret;
	unsigned int i;

	for (i = 0; i < BUFFER_SIZE; i += sizeof(value))
		memcpy(buffer + i, &value, sizeof(value));

	guest_mark(GUEST_MARK_BEGIN, id);
	ret = pwrite(dev->fd, buffer, count, guest_number(args[2]));
	guest_mark(GUEST_MARK_END, id);
	result(args[0], ret, 0);
}

static void step_read(char **args)
{
	unsigned int id = guest_number(args[0]), count = small_number(args[3], BUFFER_SIZE + 1);
	struct device *dev = guest_device(args[1]);
	unsigned long long value = 0;
	ssize_t ret;

	guest_mark(GUEST_MARK_BEGIN, id);
	ret = pread(dev->fd, buffer, count, guest_number(args[2]));
	guest_mark(GUEST_MARK_END, id);
	if (ret > 0)
		memcpy(&value, buffer, (size_t)ret < sizeof(value) ? (size_t)ret : sizeof(value));
	result(args[0], ret, le64toh(value));
}

static int ioeventfd(char **args, int fd)
{
	struct vfio_device_ioeventfd arg = {
		.argsz = sizeof(arg),
		.flags = guest_number(args[3]),
		.offset = guest_number(args[2]),
		.data = guest_number(args[4]),
		.fd = fd,
	};

	return ioctl(guest_device(args[1])->fd, VFIO_DEVICE_IOEVENTFD, &arg);
}

static void new_event(void)
{
	close(event);
	event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (event < 0)
		guest_die("no eventfd: %s", strerror(errno));
}

static void step_assign(char **args)
{
	new_event();
	result(args[0], ioeventfd(args, event), 0);
}

static void step_deassign(char **args)
{
	result(args[0], ioeventfd(args, -1), 0);
}

static void step_signal(char **args)
{
	unsigned long long one = 1;
	unsigned int id = guest_number(args[0]);
	ssize_t ret;

	guest_mark(GUEST_MARK_BEGIN, id);
	ret = write(event, &one, sizeof(one));
	/* The kernel hands the write to a thread if it cannot do it at once. */
	usleep(2000);
	guest_mark(GUEST_MARK_END, id);
	result(args[0], ret, 0);
}

/* As fast as possible, as the kernel's messages about it are rate-limited. */
static void step_storm(char **args)
{
	unsigned int times = guest_number(args[5]), i;
	unsigned long long one = 1;
	int ret = 0;

	new_event();
	for (i = 0; i < times && !ret; i++) {
		ret = ioeventfd(args, event);
		if (!ret && write(event, &one, sizeof(one)) != sizeof(one))
			guest_die("cannot signal: %s", strerror(errno));
		if (!ret)
			ret = ioeventfd(args, -1);
	}
	result(args[0], ret, i);
}

static void step_info(char **args)
{
	struct vfio_region_info *info = (void *)buffer;
	unsigned int argsz = small_number(args[3], BUFFER_SIZE + 1), i;
	int ret;

	memset(buffer, 0, sizeof(buffer));
	info->argsz = argsz;
	info->index = guest_number(args[2]);
	ret = ioctl(guest_device(args[1])->fd, VFIO_DEVICE_GET_REGION_INFO, info);
	result(args[0], ret, info->cap_offset);
	if (ret)
		return;

	guest_log("%s info %u %u 0x%llx 0x%llx\n", args[0], info->argsz, info->flags,
		  info->size, info->offset);
	guest_log("%s raw ", args[0]);
	for (i = 0; i < argsz; i++)
		guest_log("%02x", (unsigned char)buffer[i]);
	guest_log("\n");
}

static int ask_access(const char *name, unsigned int operation,
		      struct vfio_device_feature_region_access *access, unsigned int size)
{
	struct vfio_device_feature *feature = (void *)buffer;
	int ret;

	memset(buffer, 0, sizeof(buffer));
	feature->argsz = sizeof(*feature) + size;
	feature->flags = operation | VFIO_DEVICE_FEATURE_REGION_ACCESS;
	memcpy(feature->data, access, sizeof(*access));
	ret = ioctl(guest_device(name)->fd, VFIO_DEVICE_FEATURE, feature);
	memcpy(access, feature->data, sizeof(*access));

	return ret;
}

static void step_access(char **args)
{
	struct vfio_device_feature_region_access access = { .index = guest_number(args[2]) };
	int ret = ask_access(args[1], VFIO_DEVICE_FEATURE_GET, &access, sizeof(access));

	result(args[0], ret, 0);
	if (!ret)
		guest_log("%s access %u %u %u %u %u %u %llu %llu\n", args[0],
			  access.read.max_width, access.read.boundary, access.read.align,
			  access.write.max_width, access.write.boundary, access.write.align,
			  access.hole_offset, access.hole_size);
}

static void step_ask(char **args)
{
	struct vfio_device_feature_region_access access = { .flags = guest_number(args[3]) };

	result(args[0], ask_access(args[1], guest_number(args[2]), &access,
				   small_number(args[4], BUFFER_SIZE)), 0);
}

static void step_map(char **args)
{
	unsigned int id = small_number(args[0], IDS_MAX);
	void *map = mmap(NULL, guest_number(args[3]), PROT_READ | PROT_WRITE, MAP_SHARED,
			 guest_device(args[1])->fd, guest_number(args[2]));

	maps[id] = map;
	result(args[0], map == MAP_FAILED ? -1 : 0, 0);
}

static void on_bus_error(int signal)
{
	(void)signal;
	siglongjmp(bus_error, 1);
}

static volatile unsigned int *mapped(char **args)
{
	char *map = maps[small_number(args[1], IDS_MAX)];

	if (!map || map == MAP_FAILED)
		guest_die("step %s has made no mapping", args[1]);

	return (unsigned int *)(map + guest_number(args[2]));
}

static void step_poke(char **args)
{
	volatile unsigned int *word = mapped(args);
	unsigned int value = guest_number(args[3]);

	errno = 0;
	if (sigsetjmp(bus_error, 1)) {
		result(args[0], -1, 0);
	} else {
		*word = value;
		result(args[0], 0, 0);
	}
}

static void step_peek(char **args)
{
	volatile unsigned int *word = mapped(args);

	errno = 0;
	if (sigsetjmp(bus_error, 1))
		result(args[0], -1, 0);
	else
		result(args[0], 0, *word);
}

static const struct guest_step steps[] = {
	{ "device", 2, guest_step_device },
	{ "reopen", 1, step_reopen },
	{ "bar", 2, step_bar },
	{ "decode", 2, step_decode },
	{ "file", 2, step_file },
	{ "show", 2, step_show },
	{ "write", 5, step_write },
	{ "read", 4, step_read },
	{ "assign", 5, step_assign },
	{ "deassign", 5, step_deassign },
	{ "signal", 1, step_signal },
	{ "storm", 6, step_storm },
	{ "info", 4, step_info },
	{ "access", 3, step_access },
	{ "ask", 5, step_ask },
	{ "map", 4, step_map },
	{ "poke", 4, step_poke },
	{ "peek", 3, step_peek },
};

int main(int argc, char **argv)
{
	const struct sigaction action = { .sa_handler = on_bus_error };

	if (argc != 2)
		guest_die("usage: bar-features PLAN");

	guest_open();
	sigaction(SIGBUS, &action, NULL);
	guest_plan_run(argv[1], steps, ARRAY_SIZE(steps));
	guest_log("done %s\n", argv[1]);

	return 0;
}
