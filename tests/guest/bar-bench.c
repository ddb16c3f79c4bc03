// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counts the instructions of requests, in a machine whose clock counts instructions
 * (QEMU's -icount shift=0).
 *
 *   bar-bench TAG PLAN
 *
 * Lines of the plan:
 *
 *   device NAME BDF              opens a function; later lines use its name
 *   read WHAT NAME BAR OFF COUNT
 *   write WHAT NAME BAR OFF COUNT
 *                                one request, repeated; writes carry zeroes
 *   event WHAT NAME BAR OFF COUNT
 *                                writes to an ioeventfd
 *   trace WHAT NAME FILE         the requests of FILE, lines "read|write BAR OFF COUNT
 *                                [VALUE]", as one
 *
 * Each is logged as "bench TAG WHAT DIRECTION COUNT MEDIAN LEAST MOST", in instructions
 * of user space and kernel from before the system call to after it, without those for
 * reading the clock.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest.h"

#define BUFFER_SIZE	(64U << 20)
#define TRACE_MAX	256

/* Samples: the first ones run cold paths; long requests need only a few. */
#define WARM_UP		5
#define SAMPLES		51
#define SAMPLES_LONG	7
#define LONG		65536
/* The longest requests: interference by other tasks matters more than cold paths. */
#define VERY_LONG	0x100000

enum kind {
	REQUEST_READ,
	REQUEST_WRITE,
	/* write() to an eventfd, which has no position. */
	REQUEST_EVENT,
};

struct request {
	enum kind kind;
	int fd;
	unsigned long long pos;
	size_t count;
	void *buf;
};

static const char *tag;
static unsigned char *buffer;
static unsigned long long clock_cost;

static int compare(const void *a, const void *b)
{
	unsigned long long x = *(const unsigned long long *)a;
	unsigned long long y = *(const unsigned long long *)b;

	return x < y ? -1 : x > y;
}

static ssize_t request_do(const struct request *r)
{
	switch (r->kind) {
	case REQUEST_READ:
		return pread(r->fd, r->buf, r->count, r->pos);
	case REQUEST_WRITE:
		return pwrite(r->fd, r->buf, r->count, r->pos);
	default:
		return write(r->fd, r->buf, r->count);
	}
}

static void requests_do(const struct request *requests, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		ssize_t ret = request_do(&requests[i]);

		if (ret != (ssize_t)requests[i].count)
			guest_die("a request of %zu bytes at 0x%llx returned %zd: %s",
				  requests[i].count, requests[i].pos, ret, strerror(errno));
	}
}

static void measure(const char *what, const char *direction, size_t count,
		    const struct request *requests, unsigned int nr)
{
	static unsigned long long samples[SAMPLES];
	unsigned int i, want = count >= LONG ? SAMPLES_LONG : SAMPLES;
	unsigned long long begin;

	if (count >= VERY_LONG) {
		want = 1;
		guest_be_urgent(true);
	} else {
		for (i = 0; i < WARM_UP; i++)
			requests_do(requests, nr);
	}
	for (i = 0; i < want; i++) {
		begin = guest_instructions();
		requests_do(requests, nr);
		samples[i] = guest_instructions() - begin;
	}
	if (count >= VERY_LONG)
		guest_be_urgent(false);
	qsort(samples, want, sizeof(samples[0]), compare);
	for (i = 0; i < want; i++)
		samples[i] -= clock_cost < samples[i] ? clock_cost : samples[i];

	guest_log("bench %s %s %s %zu %llu %llu %llu\n", tag, what, direction, count,
		  samples[want / 2], samples[0], samples[want - 1]);
}

/* Find the minimum difference between two readings of the clock. */
static void calibrate(void)
{
	unsigned long long begin, cost, i;

	clock_cost = ~0ULL;
	for (i = 0; i < SAMPLES; i++) {
		begin = guest_instructions();
		cost = guest_instructions() - begin;
		if (cost < clock_cost)
			clock_cost = cost;
	}
}

static void request_fill(struct request *r, struct device *dev, enum kind kind,
			 const char *bar, const char *off, const char *count)
{
	struct guest_bar found;

	if (guest_bar_open(dev, guest_number(bar), &found))
		guest_die("no BAR %s", bar);
	*r = (struct request) {
		.kind = kind,
		.fd = dev->fd,
		.pos = found.pos + guest_number(off),
		.count = guest_number(count),
		.buf = buffer,
	};
	if (r->count > BUFFER_SIZE)
		guest_die("%s bytes are too many", count);
}

static void step_read(char **args)
{
	struct request r;

	request_fill(&r, guest_device(args[1]), REQUEST_READ, args[2], args[3], args[4]);
	measure(args[0], "read", r.count, &r, 1);
}

static void step_write(char **args)
{
	struct request r;

	request_fill(&r, guest_device(args[1]), REQUEST_WRITE, args[2], args[3], args[4]);
	memset(buffer, 0, r.count);
	measure(args[0], "write", r.count, &r, 1);
}

static void set_event(struct device *dev, const struct request *target, int fd)
{
	struct vfio_device_ioeventfd ioeventfd = {
		.argsz = sizeof(ioeventfd),
		.flags = target->count,
		.offset = target->pos,
		.fd = fd,
	};

	if (ioctl(dev->fd, VFIO_DEVICE_IOEVENTFD, &ioeventfd))
		guest_die("ioeventfd of %zu bytes at 0x%llx: %s", target->count, target->pos,
			  strerror(errno));
}

static void step_event(char **args)
{
	struct device *dev = guest_device(args[1]);
	struct request target, r = { .kind = REQUEST_EVENT };
	unsigned long long one = 1;

	request_fill(&target, dev, REQUEST_WRITE, args[2], args[3], args[4]);
	r.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r.buf = &one;
	r.count = sizeof(one);
	set_event(dev, &target, r.fd);
	measure(args[0], "event", target.count, &r, 1);
	set_event(dev, &target, -1);
	close(r.fd);
}

static void step_trace(char **args)
{
	static struct request requests[TRACE_MAX];
	static unsigned long long values[TRACE_MAX];
	struct device *dev = guest_device(args[1]);
	char line[128], rw[16], bar[16], off[32], count[16];
	unsigned int nr = 0;
	FILE *file = fopen(args[2], "r");

	if (!file)
		guest_die("%s: %s", args[2], strerror(errno));
	while (fgets(line, sizeof(line), file)) {
		if (line[0] == '#' || line[0] == '\n')
			continue;
		if (nr == TRACE_MAX)
			guest_die("%s is too long", args[2]);
		values[nr] = 0;
		if (sscanf(line, "%15s %15s %31s %15s %llx", rw, bar, off, count, &values[nr]) < 4)
			guest_die("%s is invalid: %s", args[2], line);
		request_fill(&requests[nr], dev, rw[0] == 'w' ? REQUEST_WRITE : REQUEST_READ,
			     bar, off, count);
		if (rw[0] == 'w')
			requests[nr].buf = &values[nr];
		nr++;
	}
	fclose(file);
	measure(args[0], "trace", nr, requests, nr);
}

static const struct guest_step steps[] = {
	{ "device", 2, guest_step_device },
	{ "read", 5, step_read },
	{ "write", 5, step_write },
	{ "event", 5, step_event },
	{ "trace", 3, step_trace },
};

int main(int argc, char **argv)
{
	if (argc != 3)
		guest_die("usage: bar-bench TAG PLAN");
	tag = argv[1];
	buffer = mmap(NULL, BUFFER_SIZE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (buffer == MAP_FAILED)
		guest_die("no memory for the buffer");

	guest_open();
	calibrate();
	guest_plan_run(argv[2], steps, ARRAY_SIZE(steps));
	guest_log("done %s\n", tag);

	return 0;
}
