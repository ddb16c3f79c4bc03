// SPDX-License-Identifier: GPL-2.0-only
/*
 * Carries out a plan of requests and logs what each of them returned.
 *
 * The host makes the plan, one step a line:
 *
 *   device NAME BDF                opens a function; later lines use its name
 *   reopen NAME                    closes it and opens it again
 *   bar NAME BAR                   logs the bus address of the BAR
 *   read ID NAME BAR OFF COUNT MEM
 *   write ID NAME BAR OFF COUNT MEM
 *                                  one pread or pwrite, between two markers
 *   next ID NAME BAR OFF COUNT MEM read() instead of pread(), at the current file
 *                                  position; BAR and OFF are not used
 *   decode NAME on|off             memory decode
 *   sysfs PATH TEXT                writes a file
 *   compare NAME BAR               compares the BAR's mapping with all that was
 *                                  written so far
 *
 * MEM says what the buffer is: "good", "odd" (one byte past alignment), "null",
 * "unmapped", "readonly", "half:N" (only the first N bytes are mapped) or
 * "ahalf:N" (likewise, but what is mapped may not be written).
 *
 * A log line of a request is "ID RETURN ERRNO HASH", where HASH is FNV-1a over the bytes
 * that a read returned.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest.h"

#define DEVICES_MAX	16
#define REGIONS		7
#define BUFFER_SIZE	(4U << 20)
#define FILLER		0x5a

struct tested {
	char name[16];
	struct device dev;
	struct guest_bar bars[REGIONS];
	/* The expected content of BAR 2 of a memory device. */
	unsigned char *model;
};

struct request {
	unsigned int id;
	struct tested *tested;
	unsigned int bar;
	unsigned long long off;
	size_t count;
	bool write;
	bool next;
	char mem[32];
};

static struct tested devices[DEVICES_MAX];
static unsigned int nr_devices;

/* Between two unmapped pages. */
static unsigned char *buffer;
static size_t page;

static void map_buffer(void)
{
	unsigned char *map;

	page = sysconf(_SC_PAGESIZE);
	map = mmap(NULL, BUFFER_SIZE + 2 * page, PROT_NONE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		guest_die("no memory for the buffer");
	buffer = map + page;
	if (mprotect(buffer, BUFFER_SIZE, PROT_READ | PROT_WRITE))
		guest_die("mprotect: %s", strerror(errno));
}

static struct tested *find(const char *name)
{
	unsigned int i;

	for (i = 0; i < nr_devices; i++)
		if (!strcmp(devices[i].name, name))
			return &devices[i];
	guest_die("the plan has no device %s", name);
}

static void step_device(const char *name, const char *bdf)
{
	struct tested *tested;
	unsigned int i;

	if (nr_devices == DEVICES_MAX)
		guest_die("too many devices");
	tested = &devices[nr_devices++];
	snprintf(tested->name, sizeof(tested->name), "%s", name);
	if (device_open(&tested->dev, bdf, true))
		guest_die("cannot open %s", bdf);

	for (i = 0; i < REGIONS; i++)
		if (guest_bar_open(&tested->dev, i, &tested->bars[i]))
			guest_die("no region info of region %u of %s", i, bdf);
}

static void step_bar(const char *name, unsigned int bar)
{
	struct tested *tested = find(name);

	guest_log_bar(name, &tested->dev, bar, &tested->bars[bar]);
}

static unsigned char pattern(unsigned int id, size_t i)
{
	return id * 31 + i * 7 + (i >> 8);
}

static unsigned int fnv1a(const unsigned char *bytes, size_t count)
{
	unsigned int hash = 2166136261U;

	while (count--)
		hash = (hash ^ *bytes++) * 16777619U;

	return hash;
}

static void *half_mapped(size_t mapped, bool readonly)
{
	unsigned char *end = buffer + BUFFER_SIZE;

	if (readonly && mprotect(end - page, page, PROT_READ))
		guest_die("mprotect: %s", strerror(errno));

	return end - mapped;
}

static void *request_buffer(const struct request *req)
{
	size_t mapped;

	if (!strcmp(req->mem, "good"))
		return buffer;
	if (!strcmp(req->mem, "odd"))
		return buffer + 1;
	if (!strcmp(req->mem, "null"))
		return NULL;
	if (!strcmp(req->mem, "unmapped"))
		return buffer + BUFFER_SIZE;
	if (!strcmp(req->mem, "readonly"))
		return half_mapped(page, true);
	if (sscanf(req->mem, "half:%zu", &mapped) == 1)
		return half_mapped(mapped, false);
	if (sscanf(req->mem, "ahalf:%zu", &mapped) == 1)
		return half_mapped(mapped, true);
	guest_die("the plan has a buffer of kind %s", req->mem);
}

/* Fill the part of the buffer that is mapped. */
static void fill(unsigned char *bytes, const struct request *req)
{
	unsigned char *end = buffer + BUFFER_SIZE;
	size_t i;

	for (i = 0; bytes && i < req->count && bytes + i < end; i++)
		bytes[i] = req->write ? pattern(req->id, i) : FILLER;
}

static void remember(const struct request *req, const unsigned char *bytes, ssize_t ret)
{
	struct tested *tested = req->tested;

	if (!req->write || ret <= 0 || req->bar != 2 || strcmp(tested->name, "memory"))
		return;
	if (!tested->model)
		tested->model = calloc(1, tested->bars[2].size);
	if (!tested->model)
		guest_die("no memory for the model");
	memcpy(tested->model + req->off, bytes, ret);
}

/* A read must not change bytes beyond those it returned. */
static bool rest_untouched(const struct request *req, const unsigned char *bytes, ssize_t ret)
{
	unsigned char *end = buffer + BUFFER_SIZE;
	size_t i;

	for (i = ret > 0 ? ret : 0; bytes && i < req->count && bytes + i < end; i++)
		if (bytes[i] != FILLER)
			return false;

	return true;
}

static void step_request(const struct request *req)
{
	struct tested *tested = req->tested;
	unsigned long long pos = tested->bars[req->bar].pos + req->off;
	bool readonly = !strcmp(req->mem, "readonly") || !strncmp(req->mem, "ahalf", 5);
	unsigned char *bytes;
	unsigned int hash = 0;
	ssize_t ret;
	int err;

	/* The fill comes first: it needs the buffer to be writable. */
	if (readonly)
		memset(buffer + BUFFER_SIZE - page, req->write ? 0 : FILLER, page);
	bytes = request_buffer(req);
	if (!readonly)
		fill(bytes, req);

	errno = 0;
	guest_mark(GUEST_MARK_BEGIN, req->id);
	if (req->write)
		ret = pwrite(tested->dev.fd, bytes, req->count, pos);
	else if (req->next)
		ret = read(tested->dev.fd, bytes, req->count);
	else
		ret = pread(tested->dev.fd, bytes, req->count, pos);
	err = ret < 0 ? errno : 0;
	guest_mark(GUEST_MARK_END, req->id);

	remember(req, bytes, ret);
	if (!req->write && ret > 0)
		hash = fnv1a(bytes, ret);
	if (!req->write && !rest_untouched(req, bytes, ret))
		guest_log("%u touched\n", req->id);
	guest_log("%u %zd %d %u\n", req->id, ret, err, hash);

	if (readonly && mprotect(buffer + BUFFER_SIZE - page, page, PROT_READ | PROT_WRITE))
		guest_die("mprotect: %s", strerror(errno));
}

static void step_decode(const char *name, const char *state)
{
	struct tested *tested = find(name);

	if (strcmp(state, "on"))
		guest_set_command(&tested->dev, 0, PCI_COMMAND_MEMORY);
	else
		guest_set_command(&tested->dev, PCI_COMMAND_MEMORY, 0);
}

static void step_compare(const char *name, unsigned int bar)
{
	struct tested *tested = find(name);
	const struct guest_bar *region = &tested->bars[bar];
	const unsigned char *map = guest_bar_map(&tested->dev, region);
	unsigned long long i;

	if (!tested->model)
		guest_die("nothing was written to %s", name);
	for (i = 0; i < region->size; i++) {
		if (map[i] == tested->model[i])
			continue;
		guest_log("compare %s %u differs at 0x%llx: %02x, should be %02x\n", name, bar,
			  i, map[i], tested->model[i]);
		return;
	}
	guest_log("compare %s %u same\n", name, bar);
	munmap((void *)map, region->size);
}

static void step(const char *line)
{
	struct request req = { 0 };
	char name[16], text[128];
	unsigned long long off;
	unsigned int bar;

	if (sscanf(line, "device %15s %127s", name, text) == 2) {
		step_device(name, text);
	} else if (sscanf(line, "reopen %15s", name) == 1) {
		guest_reopen(&find(name)->dev);
	} else if (sscanf(line, "bar %15s %u", name, &bar) == 2 && bar < REGIONS) {
		step_bar(name, bar);
	} else if (sscanf(line, "decode %15s %127s", name, text) == 2) {
		step_decode(name, text);
	} else if (sscanf(line, "compare %15s %u", name, &bar) == 2 && bar < REGIONS) {
		step_compare(name, bar);
	} else if (!strncmp(line, "sysfs ", 6)) {
		char path[256], value[64];

		if (sscanf(line, "sysfs %255s %63s", path, value) != 2)
			guest_die("the plan is invalid: %s", line);
		guest_write_file(path, value);
	} else if (sscanf(line, "%5s %u %15s %u %llu %zu %31s", text, &req.id, name, &req.bar,
			  &off, &req.count, req.mem) == 7 && req.bar < REGIONS &&
		   req.count <= BUFFER_SIZE) {
		req.write = !strcmp(text, "write");
		req.next = !strcmp(text, "next");
		req.off = off;
		req.tested = find(name);
		step_request(&req);
	} else {
		guest_die("the plan is invalid: %s", line);
	}
}

int main(int argc, char **argv)
{
	char line[512];
	FILE *plan;

	if (argc != 2)
		guest_die("usage: bar-requests PLAN");
	plan = fopen(argv[1], "r");
	if (!plan)
		guest_die("%s: %s", argv[1], strerror(errno));

	guest_open();
	map_buffer();
	while (fgets(line, sizeof(line), plan))
		if (*line != '\n' && *line != '#')
			step(line);
	guest_log("done\n");

	return 0;
}
