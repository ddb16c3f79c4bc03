// SPDX-License-Identifier: GPL-2.0-only
/* What the test programs that run inside the emulated machine share. */
#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest.h"

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

/* Tells the host where the bus has a BAR, so that it knows the trace's addresses. */
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
		guest_die("%s is not understood: %s", path, line);
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
