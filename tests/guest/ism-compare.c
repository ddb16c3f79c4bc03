// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes requests on two ISM functions, each between two markers, and logs what they
 * returned. The kernel's drivers handle these requests differently.
 *
 *   ism-compare probe SENDER RECEIVER [TOKEN]
 *   ism-compare time SENDER RECEIVER
 *
 * TOKEN is the number of the buffer; from 256 on it is above 1 TiB.
 *
 * Lines are
 *
 *   region BAR SIZE POSITION FEATURE       FEATURE: 1 if the kernel has REGION_ACCESS
 *   probe ID NAME RETURN ERRNO DATA        DATA: right, wrong or - if there is none
 *   time NAME NANOSECONDS                  of one payload
 *
 * A driver that refuses one request still gets all others.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "ism-vfio.h"

#define DMB_LEN		(16 * ISM_PAGE)
#define DMB_BIT		(ISM_FIRST_BIT + 1)

/* An offset in BAR 2 at which no command begins. */
#define SCRATCH		0xf00

static struct ism sender, receiver;
static struct ism_dmb dmb;
static uint8_t payload[DMB_LEN + ISM_PAGE];
static unsigned int next_id = 1;

struct probe {
	unsigned int id;
	const char *name;
	ssize_t ret;
	int err;
};

static void begin(struct probe *probe, const char *name)
{
	*probe = (struct probe) { .id = next_id++, .name = name };
	errno = 0;
	guest_mark(GUEST_MARK_BEGIN, probe->id);
}

static void end(struct probe *probe, ssize_t ret)
{
	probe->ret = ret;
	probe->err = ret < 0 ? errno : 0;
	guest_mark(GUEST_MARK_END, probe->id);
}

static void report(const struct probe *probe, const char *data)
{
	guest_log("probe %u %s %zd %d %s\n", probe->id, probe->name, probe->ret, probe->err, data);
}

static const char *right(bool is)
{
	return is ? "right" : "wrong";
}

/* ---- regions ---- */

static bool tells_access(unsigned int bar)
{
	struct vfio_device_feature_region_access access;

	return device_region_access(&sender.dev, bar, &access);
}

static void probe_region(unsigned int bar)
{
	struct region region;

	if (region_open(&sender.dev, bar, &region))
		guest_die("no region info of BAR %u", bar);
	guest_log("region %u 0x%llx 0x%llx %u\n", bar, region.info->size, region.info->offset,
		  tells_access(bar));
	region_close(&region);
}

static void probe_mmap(void)
{
	struct probe probe;
	void *map;

	begin(&probe, "mmap");
	map = mmap(NULL, ISM_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, sender.dev.fd,
		   sender.command.pos);
	end(&probe, map == MAP_FAILED ? -1 : 0);
	report(&probe, "-");
}

/* ---- writes ---- */

/* Does the buffer have exactly the bytes returned? */
static bool as_returned(uint32_t off, const uint8_t *bytes, ssize_t ret)
{
	const uint8_t *mem = dmb.dma.mem;
	uint32_t i, count = ret > 0 ? ret : 0;

	for (i = 0; i < DMB_LEN; i++)
		if (mem[i] != (i - off < count ? bytes[i - off] : 0xaa))
			return false;

	return true;
}

static void probe_write(const char *name, uint32_t off, size_t count)
{
	uint8_t *bytes = payload + 1;
	struct probe probe;
	size_t i;

	for (i = 0; i < count; i++)
		bytes[i] = ism_random(0xaa);
	memset(dmb.dma.mem, 0xaa, DMB_LEN);
	begin(&probe, name);
	end(&probe, ism_move(&sender, dmb.token, off, bytes, count));
	report(&probe, right(as_returned(off, bytes, probe.ret)));
}

/* Of 200 bytes, only the first 100 can be accessed. */
static void probe_half(void)
{
	uint8_t *pages = mmap(NULL, 2 * ISM_PAGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t *bytes = pages + ISM_PAGE - 100;
	struct probe probe;

	if (pages == MAP_FAILED || munmap(pages + ISM_PAGE, ISM_PAGE))
		guest_die("no memory");
	memset(bytes, 0x33, 100);
	memset(dmb.dma.mem, 0xaa, DMB_LEN);
	begin(&probe, "write-half");
	end(&probe, ism_move(&sender, dmb.token, 0, bytes, 200));
	report(&probe, right(as_returned(0, bytes, probe.ret)));
	munmap(pages, ISM_PAGE);
}

static void probe_writes(void)
{
	probe_write("write-1", 0, 1);
	probe_write("write-3", 0, 3);
	probe_write("write-8", 0, 8);
	probe_write("write-8-odd", 3, 8);
	probe_write("write-128", 128, 128);
	probe_write("write-1001-odd", 2 * ISM_PAGE + 77, 1001);
	probe_write("write-4096", ISM_PAGE, ISM_PAGE);
	probe_write("write-across", ISM_PAGE - 100, 200);
	probe_write("write-page-odd", 1, ISM_PAGE);
	probe_write("write-64k", 0, DMB_LEN);
	probe_write("write-end", DMB_LEN - 100, 300);
	probe_half();
}

/* ---- reads ---- */

static uint8_t answer[32];

static void probe_read(const char *name, uint64_t off, size_t count)
{
	uint8_t bytes[32] = { 0 };
	struct probe probe;

	begin(&probe, name);
	end(&probe, ism_read(&sender, ISM_BAR_COMMAND, off, bytes, count));
	report(&probe, probe.ret < 0 ? "-" :
	       right(!memcmp(bytes, answer + off, probe.ret)));
}

static void probe_bad_read(void)
{
	struct probe probe;

	begin(&probe, "read-bad");
	end(&probe, ism_read(&sender, ISM_BAR_COMMAND, 0, NULL, 8));
	report(&probe, "-");
}

/* At the position that BAR 2 has always had in vfio-pci. */
static void probe_legacy(void)
{
	uint8_t bytes[8] = { 0 };
	struct probe probe;

	begin(&probe, "read-legacy");
	end(&probe, pread(sender.dev.fd, bytes, 8, 2ULL << 40));
	report(&probe, probe.ret < 0 ? "-" : right(!memcmp(bytes, answer, 8)));
}

static void probe_reads(void)
{
	unsigned int off;

	if (ism_command_simple(&sender, ISM_QUERY_INFO))
		guest_die("the function does not answer a query");
	for (off = 0; off < sizeof(answer); off += 8)
		if (ism_read(&sender, ISM_BAR_COMMAND, off, answer + off, 8) != 8)
			guest_die("the answer cannot be read");

	probe_read("read-8", 8, 8);
	probe_read("read-4", 4, 4);
	probe_read("read-3", 1, 3);
	probe_read("read-7", 9, 7);
	probe_read("read-8-odd", 13, 8);
	probe_read("read-24", 0, 24);
	probe_bad_read();
	probe_legacy();
}

/* ---- memory decode, low power ---- */

static void probe_decode(void)
{
	guest_set_command(&sender.dev, 0, PCI_COMMAND_MEMORY);
	probe_write("decode-write", 0, 64);
	probe_read("decode-read", 8, 8);
	guest_set_command(&sender.dev, PCI_COMMAND_MEMORY, 0);
	probe_write("decode-again", 0, 64);
}

static int feature(unsigned int number)
{
	struct vfio_device_feature arg = {
		.argsz = sizeof(arg),
		.flags = VFIO_DEVICE_FEATURE_SET | number,
	};

	return ioctl(sender.dev.fd, VFIO_DEVICE_FEATURE, &arg);
}

/* From linux/vfio.h, as the installed one may be too old. */
#define LOW_POWER_ENTRY	3
#define LOW_POWER_EXIT	5

static void probe_low_power(void)
{
	struct probe probe;

	begin(&probe, "low-power");
	end(&probe, feature(LOW_POWER_ENTRY));
	report(&probe, "-");
	probe_write("low-power-write", 0, 64);
	begin(&probe, "low-power-exit");
	end(&probe, feature(LOW_POWER_EXIT));
	report(&probe, "-");
	probe_write("low-power-again", 0, 64);
}

/* ---- ioeventfds ---- */

/* The function gets these bytes in memory order. */
static const uint64_t event_data = 0x1122334455667788ULL;

static int ioeventfd(int fd)
{
	struct vfio_device_ioeventfd arg = {
		.argsz = sizeof(arg),
		.flags = VFIO_DEVICE_IOEVENTFD_64,
		.offset = sender.command.pos + SCRATCH,
		.data = event_data,
		.fd = fd,
	};

	return ioctl(sender.dev.fd, VFIO_DEVICE_IOEVENTFD, &arg);
}

static void probe_ioeventfd(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	unsigned long long one = 1;
	struct probe probe;
	uint8_t seen[8] = { 0 };

	begin(&probe, "ioeventfd");
	end(&probe, ioeventfd(fd));
	report(&probe, "-");
	if (probe.ret)
		return;

	begin(&probe, "ioeventfd-signal");
	probe.ret = write(fd, &one, sizeof(one));
	usleep(5000);
	end(&probe, probe.ret);
	if (ism_read(&sender, ISM_BAR_COMMAND, SCRATCH, seen, 8) != 8)
		guest_die("the value of the ioeventfd cannot be read back");
	report(&probe, right(!memcmp(seen, &event_data, 8)));
	ioeventfd(-1);
	close(fd);
}

/* ---- time ---- */

#define ROUNDS	5
#define TIMES	40

static unsigned long long nanoseconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);

	return time.tv_sec * 1000000000ULL + time.tv_nsec;
}

/* In requests of @part bytes, for a driver that refuses longer ones. */
static void move_in_parts(size_t count, size_t part)
{
	size_t off;

	for (off = 0; off < count; off += part)
		if (ism_move(&sender, dmb.token, off, payload + off, part) != (ssize_t)part)
			guest_die("a move of %zu failed", part);
}

/* The fastest of some rounds, as other kernel work may have slowed the others. */
static void time_moves(const char *name, size_t count, size_t part)
{
	unsigned long long begin, took, least = ~0ULL;
	unsigned int round, i;

	move_in_parts(count, part);
	for (round = 0; round < ROUNDS; round++) {
		begin = nanoseconds();
		for (i = 0; i < TIMES; i++)
			move_in_parts(count, part);
		took = nanoseconds() - begin;
		if (took < least)
			least = took;
	}
	guest_log("time %s %llu\n", name, least / TIMES);
}

static bool takes(size_t count)
{
	return ism_move(&sender, dmb.token, 0, payload, count) == (ssize_t)count;
}

static void times(void)
{
	static const size_t counts[] = { 1, 8, 64, 512, 4096 };
	unsigned int i;
	char name[32];

	ism_quiet = true;
	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		snprintf(name, sizeof(name), "time-%zu", counts[i]);
		time_moves(name, counts[i], counts[i]);
	}
	time_moves("time-4096-by-8", 4096, 8);
	time_moves("time-64k", DMB_LEN, takes(DMB_LEN) ? DMB_LEN : ISM_PAGE);
}

/* ---- */

static void set_up(const char *sender_bdf, const char *receiver_bdf, unsigned int token)
{
	ism_open(&sender, "sender", sender_bdf);
	ism_open(&receiver, "receiver", receiver_bdf);
	ism_start(&sender);
	ism_start(&receiver);
	ism_map(&receiver, &dmb.dma, DMB_LEN);
	if (ism_command_word(&receiver, ISM_LAB_TOKEN, token, NULL) ||
	    ism_dmb_register(&receiver, &dmb, DMB_BIT, sender.gid))
		guest_die("no buffer");
}

int main(int argc, char **argv)
{
	if (argc < 4)
		guest_die("usage: ism-compare probe|time SENDER RECEIVER [TOKEN]");

	guest_open();
	set_up(argv[2], argv[3], argc > 4 ? strtoul(argv[4], NULL, 0) : 0x4321);
	if (!strcmp(argv[1], "time")) {
		times();
	} else {
		probe_region(ISM_BAR_MOVE);
		probe_region(ISM_BAR_COMMAND);
		probe_mmap();
		probe_writes();
		probe_reads();
		probe_decode();
		probe_ioeventfd();
		probe_low_power();
	}
	ism_stop(&sender);
	ism_stop(&receiver);
	guest_log("done %s\n", argv[1]);

	return 0;
}
