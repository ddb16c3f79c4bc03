// SPDX-License-Identifier: GPL-2.0-only
/* vfio-bar read and write: makes a request, once or repeatedly. */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/pci_regs.h>

#include "commands.h"
#include "complain.h"
#include "request.h"

/* Reads the whole file as the payload. */
int load_file(struct options *opts)
{
	bool is_stdin = !strcmp(opts->file, "-");
	int fd = is_stdin ? 0 : open(opts->file, O_RDONLY | O_CLOEXEC);
	size_t room = 0, used = 0;
	unsigned char *buf = NULL;
	ssize_t n = 1;

	if (fd < 0)
		return complain("cannot open %s: %s", opts->file, strerror(errno));

	while (n && used <= REQUEST_MAX) {
		if (used == room) {
			unsigned char *grown;

			room = room ? 2 * room : 1 << 16;
			grown = realloc(buf, room);
			if (!grown) {
				n = -1;
				break;
			}
			buf = grown;
		}
		n = read(fd, buf + used, room - used);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		used += n;
	}
	opts->payload = buf;
	opts->count = used;
	if (n < 0)
		complain("cannot read %s: %s", opts->file, strerror(errno));
	else if (!used)
		n = complain("%s is empty: there is nothing to write", opts->file);
	else if (used > REQUEST_MAX)
		n = complain("%s is too large: a request has at most %llu bytes", opts->file,
			     REQUEST_MAX);
	if (!is_stdin)
		close(fd);
	return n < 0 ? -1 : 0;
}

static void print_dump(unsigned long long offset, const unsigned char *bytes, size_t count)
{
	int digits = offset + count > 1ULL << 32 ? 16 : 8;
	size_t line, i;

	for (line = 0; line < count; line += 16) {
		size_t n = count - line < 16 ? count - line : 16;

		printf("%0*llx ", digits, offset + line);
		for (i = 0; i < 16; i++) {
			if (i % 8 == 0)
				putchar(' ');
			if (i < n)
				printf("%02x ", bytes[line + i]);
			else
				fputs("   ", stdout);
		}
		fputs(" |", stdout);
		for (i = 0; i < n; i++)
			putchar(isprint(bytes[line + i]) ? bytes[line + i] : '.');
		fputs("|\n", stdout);
	}
}

static void print_number(unsigned long long offset, const unsigned char *bytes, size_t count)
{
	unsigned long long number = 0;
	size_t i;

	if (count != 1 && count != 2 && count != 4 && count != 8)
		return;
	for (i = count; i--;)
		number = number << 8 | bytes[i];
	printf("0x%016llx: 0x%0*llx\n", offset, (int)(2 * count), number);
}

static void print_bytes(const struct options *opts, const unsigned char *bytes, size_t count)
{
	if (opts->quiet)
		return;
	if (opts->raw) {
		fwrite(bytes, 1, count, stdout);
		return;
	}
	print_dump(opts->offset, bytes, count);
	if (count == opts->count)
		print_number(opts->offset, bytes, count);
}

static int complain_absent(struct device *dev, unsigned int index)
{
	char list[128] = "";
	size_t used = 0;
	unsigned int i;

	for (i = VFIO_PCI_BAR0_REGION_INDEX; i <= VFIO_PCI_ROM_REGION_INDEX; i++) {
		struct region region;

		if (region_open(dev, i, &region))
			return -1;
		if (region.info->size)
			used += snprintf(list + used, sizeof(list) - used, "%s%s",
					 used ? ", " : "", region_name(i));
		region_close(&region);
	}
	return complain("%s has no %s; it has: %s", dev->func.bdf, region_name(index),
			used ? list : "none");
}

/* Fills in @target, and reports what the kernel would refuse without saying why. */
int request_locate(struct device *dev, const struct options *opts, bool is_write,
		   struct request_target *target)
{
	const char *bdf = dev->func.bdf, *bar = region_name(opts->index);
	unsigned int flag = is_write ? VFIO_REGION_INFO_FLAG_WRITE : VFIO_REGION_INFO_FLAG_READ;
	struct region region;
	int ret = 0;

	if (region_open(dev, opts->index, &region))
		return -1;

	target->size = region.info->size;
	target->pos = region.info->offset + opts->offset;
	target->mappable = region.info->flags & VFIO_REGION_INFO_FLAG_MMAP;
	if (!target->size)
		ret = complain_absent(dev, opts->index);
	else if (!(region.info->flags & flag))
		ret = complain("%s of %s cannot be %s", bar, bdf, is_write ? "written" : "read");
	else if (opts->offset >= target->size)
		ret = complain("offset 0x%llx is beyond %s of %s, which has 0x%llx bytes",
			       opts->offset, bar, bdf, target->size);

	region_close(&region);
	return ret;
}

static bool decode_is_off(struct device *dev)
{
	unsigned int command;

	return !device_config_read(dev, PCI_COMMAND, 2, &command) &&
	       !(command & PCI_COMMAND_MEMORY);
}

static int complain_failed(struct device *dev, const char *request, int err)
{
	const char *bdf = dev->func.bdf;

	if (err == EIO && decode_is_off(dev))
		return complain("%s: memory decode of %s is off: leave out --no-decode", request,
				bdf);
	if (err == EIO)
		return complain("%s: the access failed in the device or the platform (%s)", request,
				strerror(err));
	if (err == EFAULT)
		return complain("%s: the kernel cannot access the buffer (%s)", request,
				strerror(err));
	if (err == EBUSY)
		return complain("%s: another driver has claimed this BAR (see /proc/iomem)",
				request);
	return complain("%s: %s", request, strerror(err));
}

static ssize_t transfer(struct device *dev, bool is_write, void *buf, size_t count,
			unsigned long long pos)
{
	return is_write ? pwrite(dev->fd, buf, count, pos) : pread(dev->fd, buf, count, pos);
}

/* A request of @count bytes, as one system call, for check and bench. */
int request_once(struct device *dev, const struct options *opts,
		 const struct request_target *target, bool is_write, void *buf, size_t count)
{
	ssize_t n = transfer(dev, is_write, buf, count, target->pos);
	int err = errno;
	char what[96];

	if (n == (ssize_t)count)
		return 0;
	snprintf(what, sizeof(what), "%s of %zu bytes of %s at 0x%llx",
		 is_write ? "write" : "read", count, region_name(opts->index), opts->offset);
	if (n < 0)
		return complain_failed(dev, what, err);
	return complain("%s: short count: %zd", what, n);
}

/*
 * Makes the request opts->repeat times, each as exactly one system call. *@done is the
 * count of the last one.
 */
static int make_requests(struct device *dev, const struct options *opts, bool is_write,
			 unsigned char *buf, size_t *done)
{
	char request[96], which[48] = "";
	struct request_target target;
	unsigned long long i;

	*done = 0;
	if (request_locate(dev, opts, is_write, &target))
		return -1;

	for (i = 1; i <= opts->repeat; i++) {
		ssize_t n = transfer(dev, is_write, buf, opts->count, target.pos);
		int err = errno;

		*done = n < 0 ? 0 : n;
		if (*done == opts->count)
			continue;

		if (opts->repeat > 1)
			snprintf(which, sizeof(which), " (request %llu)", i);
		snprintf(request, sizeof(request), "%s of %s at 0x%llx%s",
			 is_write ? "write" : "read", region_name(opts->index), opts->offset,
			 which);
		if (n < 0)
			return complain_failed(dev, request, err);
		if (opts->count > target.size - opts->offset)
			return complain("%s: short count: %zu of %zu bytes, the %s ends at 0x%llx",
					request, *done, opts->count,
					opts->index == VFIO_PCI_ROM_REGION_INDEX ? "ROM" : "BAR",
					target.size);
		return complain("%s: short count: %zu of %zu bytes", request, *done, opts->count);
	}
	return 0;
}

int do_read(struct device *dev, const struct options *opts)
{
	unsigned char *buf = calloc(1, opts->count);
	size_t done;
	int ret;

	if (!buf)
		return complain("no memory for %zu bytes", opts->count);

	ret = make_requests(dev, opts, false, buf, &done);
	print_bytes(opts, buf, done);
	free(buf);
	return ret;
}

int do_write(struct device *dev, const struct options *opts)
{
	size_t done;

	return make_requests(dev, opts, true, opts->payload, &done);
}
