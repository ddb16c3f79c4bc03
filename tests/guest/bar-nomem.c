// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests for which the kernel has no memory:
 *
 *   bar-nomem each   each allocation and each user copy of a request fails in turn
 *                    (/proc/thread-self/fail-nth)
 *   bar-nomem leak   repeats requests that fail: does the kernel leak memory?
 *
 * After a request that fails, the device and the buffer have exactly the bytes returned.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest.h"

#define MEMORY	"0000:00:08.0"
#define NICX	"0000:00:06.0"
#define NIC	"0000:00:05.0"

#define FAULTS	"/sys/kernel/debug/"
#define BUFFER	0x10000
#define FILLER	0xa5

/*
 * An allocation may need another one, to refill a cache. All later ones then have another
 * number than in the previous attempt.
 */
#define ROUNDS		4

/* More than any request has. */
#define POINTS_MAX	5000

enum kind { READ, WRITE, ROM, INFO, EVENT, MAP, FIRST };

struct step {
	const char *name;
	enum kind kind;
	unsigned int off;
	unsigned int count;
};

/*
 * Opening a device is not a step: a failure there makes 7.3's ACPI interpreter use freed
 * memory before VFIO's own code runs.
 */
static const struct step steps[] = {
	{ "rom", ROM, 0, 64 },
	{ "rom", ROM, 0, 8 },
	{ "read", READ, 0x1000, 4 },
	{ "read", READ, 0x1000, 8 },
	{ "read", READ, 0x1003, 9 },
	{ "read", READ, 0x1000, 2047 },
	{ "read", READ, 0x1000, 4096 },
	{ "read", READ, 0x1ffd, 20000 },
	{ "write", WRITE, 0x1000, 4 },
	{ "write", WRITE, 0x1ffc, 8 },
	{ "write", WRITE, 0x1003, 9 },
	{ "write", WRITE, 0x1ffd, 64 },
	{ "write", WRITE, 0x1000, 2048 },
	{ "write", WRITE, 0x1000, 4096 },
	{ "write", WRITE, 0x1ffd, 20000 },
	{ "info", INFO, 0, 0 },
	{ "ioeventfd", EVENT, 0x1000, 4 },
	{ "mmap", MAP, 0, 0x4000 },
	{ "first", FIRST, 0, 4 },
	/* The rework keeps the buffer of long requests, so only the first allocates one. */
	{ "first", FIRST, 0, 128 },
};

static struct device memory, nicx, nic;
static struct guest_bar region, rom, mmio;
static unsigned char *content, model[BUFFER], buf[BUFFER], rom_content[2048];
static int fail_nth;

/* ---- one fault ---- */

/* A pending fault may hit the copy of this text; it does not hit twice. */
static void arm(unsigned int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", nth);

	if (pwrite(fail_nth, text, len, 0) != len && pwrite(fail_nth, text, len, 0) != len)
		guest_die("fail-nth: %s", strerror(errno));
}

/*
 * Has the fault hit? If not, it is still pending; if it is due next, it hits the copy of
 * this answer.
 */
static bool struck(void)
{
	char text[16] = "";
	bool ret = pread(fail_nth, text, sizeof(text) - 1, 0) > 0 && !atoi(text);

	arm(0);

	return ret;
}

static void setup_faults(void)
{
	static const char *const files[][2] = {
		{ "failslab/verbose", "0" },
		{ "failslab/ignore-gfp-wait", "N" },
		{ "fail_page_alloc/verbose", "0" },
		{ "fail_page_alloc/ignore-gfp-wait", "N" },
		{ "fail_page_alloc/ignore-gfp-highmem", "N" },
		{ "fail_page_alloc/min-order", "0" },
		{ "fail_usercopy/verbose", "0" },
	};
	char path[128];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), FAULTS "%s", files[i][0]);
		guest_write_file(path, files[i][1]);
	}
	fail_nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (fail_nth < 0)
		guest_die("this kernel has no fail-nth: %s", strerror(errno));
}

/* ---- steps ---- */

/* The file of a device whose group stays open. */
static int open_again(const struct device *dev)
{
	return ioctl(dev->group, VFIO_GROUP_GET_DEVICE_FD, dev->func.bdf);
}

static long region_info(void)
{
	union {
		struct vfio_region_info info;
		unsigned char room[256];
	} arg = { .info = { .argsz = sizeof(arg), .index = 2 } };

	return ioctl(memory.fd, VFIO_DEVICE_GET_REGION_INFO, &arg);
}

static long ioeventfd(const struct step *step, int fd)
{
	struct vfio_device_ioeventfd arg = {
		.argsz = sizeof(arg),
		.flags = step->count,
		.offset = region.pos + step->off,
		.data = 1,
		.fd = fd,
	};

	return ioctl(memory.fd, VFIO_DEVICE_IOEVENTFD, &arg);
}

static void prepare(const struct step *step)
{
	unsigned int i;

	memset(buf, FILLER, sizeof(buf));
	for (i = 0; step->kind == WRITE && i < step->count; i++)
		buf[i] = model[step->off + i] + 1 + i % 7;
	if (step->kind == FIRST) {
		close(nic.fd);
		nic.fd = open_again(&nic);
		if (nic.fd < 0)
			guest_die("%s cannot be reopened: %s", NIC, strerror(errno));
		guest_set_command(&nic, PCI_COMMAND_MEMORY, 0);
	}
}

static long carry_out(const struct step *step, int event, void **map)
{
	switch (step->kind) {
	case READ:
		return pread(memory.fd, buf, step->count, region.pos + step->off);
	case WRITE:
		return pwrite(memory.fd, buf, step->count, region.pos + step->off);
	case ROM:
		return pread(nicx.fd, buf, step->count, rom.pos + step->off);
	case INFO:
		return region_info();
	case EVENT:
		return ioeventfd(step, event);
	case MAP:
		*map = mmap(NULL, step->count, PROT_READ, MAP_SHARED, memory.fd, region.pos);
		return *map == MAP_FAILED ? -1 : 0;
	default:
		return pread(nic.fd, buf, step->count, mmio.pos + step->off);
	}
}

/* Undo the effect of a successful step. */
static void undo(const struct step *step, long ret, void *map)
{
	if (ret < 0)
		return;
	if (step->kind == EVENT && ioeventfd(step, -1))
		guest_die("the ioeventfd cannot be removed: %s", strerror(errno));
	if (step->kind == MAP)
		munmap(map, step->count);
}

/* ---- what must hold ---- */

static bool is_request(const struct step *step)
{
	return step->kind == READ || step->kind == WRITE || step->kind == ROM;
}

/*
 * 6.1 and 6.12 return -EBUSY when they have no memory to record the claim of a BAR.
 */
static bool may_be(const struct step *step, int err)
{
	if (err == EFAULT)
		return true;
	if (step->kind == FIRST)
		return err == ENOMEM || err == EBUSY;
	if (step->kind == READ || step->kind == WRITE)
		return err == ENOMEM && step->count > 64;

	return err == ENOMEM;
}

static void check_bytes(const struct step *step, unsigned int nth, const unsigned char *is,
			const unsigned char *should, size_t count, const char *what)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (is[i] != should[i])
			guest_die("%s of %u, fault %u: %s: byte %zu is %02x, should be %02x",
				  step->name, step->count, nth, what, i, is[i], should[i]);
}

static void check_request(const struct step *step, unsigned int nth, size_t done)
{
	static unsigned char filler[BUFFER];
	const unsigned char *source = step->kind == ROM ? rom_content : model;
	size_t rest = step->count - done;

	memset(filler, FILLER, sizeof(filler));
	if (step->kind == WRITE) {
		memcpy(model + step->off, buf, done);
	} else {
		check_bytes(step, nth, buf, source + step->off, done, "read");
		check_bytes(step, nth, buf + done, filler, rest, "not read");
	}
	check_bytes(step, nth, content, model, BUFFER, "the device");
}

static void check(const struct step *step, unsigned int nth, long ret, int err, bool fault)
{
	bool whole = ret == (is_request(step) || step->kind == FIRST ? (long)step->count : 0);

	if (!whole && !fault)
		guest_die("%s of %u with no fault injected: %ld (%s)", step->name, step->count, ret,
			  ret < 0 ? strerror(err) : "short");
	if (ret < 0 && !may_be(step, err))
		guest_die("%s of %u, fault %u: %s", step->name, step->count, nth, strerror(err));
	if (is_request(step))
		check_request(step, nth, ret > 0 ? ret : 0);
}

static void step_each(const struct step *step)
{
	unsigned int nth, no_memory = 0, bad_address = 0, part = 0, other = 0;
	int event = eventfd(0, EFD_CLOEXEC);

	for (nth = 1; nth < POINTS_MAX; nth++) {
		void *map = NULL;
		bool fault;
		long ret;
		int err;

		prepare(step);
		arm(nth);
		ret = carry_out(step, event, &map);
		err = errno;
		fault = struck();
		undo(step, ret, map);
		check(step, nth, ret, err, fault);
		if (!fault)
			break;
		no_memory += ret < 0 && err == ENOMEM;
		bad_address += ret < 0 && err == EFAULT;
		other += ret < 0 && err != ENOMEM && err != EFAULT;
		part += is_request(step) && ret > 0 && ret < (long)step->count;
	}
	close(event);
	if (nth == POINTS_MAX)
		guest_die("%s of %u: fault %u still hits", step->name, step->count, nth - 1);
	guest_log("%s %u at 0x%x: points %u no-memory %u bad-address %u other %u part %u\n",
		  step->name, step->count, step->off, nth - 1, no_memory, bad_address, other, part);
}

/* ---- leaks ---- */

#define LEAK_ROUNDS	3000
#define LEAK_LIMIT	4096

static unsigned long kernel_memory_kib(void)
{
	unsigned long kib = 0;
	char line[128];
	FILE *file = fopen("/proc/meminfo", "r");

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "SUnreclaim: %lu", &kib) == 1)
			break;
	if (!file || !kib)
		guest_die("the kernel does not report its memory use");
	fclose(file);

	return kib;
}

static void must_fail(ssize_t ret, int err)
{
	if (ret >= 0 || errno != err)
		guest_die("a request gave %zd (%s), should be %s", ret, strerror(errno),
			  strerror(err));
}

static void leak_round(void)
{
	static const unsigned int counts[] = { 9, 64, 1000, 4096 };
	void *nowhere = (void *)0x1000;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		must_fail(pwrite(memory.fd, nowhere, counts[i], region.pos), EFAULT);
		must_fail(pread(memory.fd, nowhere, counts[i], region.pos), EFAULT);
		must_fail(pread(nicx.fd, nowhere, counts[i], rom.pos), EFAULT);
	}
	guest_set_command(&memory, 0, PCI_COMMAND_MEMORY);
	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		must_fail(pwrite(memory.fd, buf, counts[i], region.pos), EIO);
		must_fail(pread(memory.fd, buf, counts[i], region.pos), EIO);
	}
	guest_set_command(&memory, PCI_COMMAND_MEMORY, 0);
}

static void check_leaks(void)
{
	unsigned long before, after;
	unsigned int i;

	leak_round();
	before = kernel_memory_kib();
	for (i = 0; i < LEAK_ROUNDS; i++)
		leak_round();
	after = kernel_memory_kib();
	guest_log("leak: %u rounds, %lu KiB before, %lu KiB after\n", LEAK_ROUNDS, before, after);
	if (after > before + LEAK_LIMIT)
		guest_die("%lu KiB are gone", after - before);
}

/* ---- commands ---- */

static void open_bar(struct device *dev, const char *bdf, unsigned int index,
		     struct guest_bar *bar)
{
	if (device_open(dev, bdf, true) || guest_bar_open(dev, index, bar))
		guest_die("cannot open %s", bdf);
}

static void each(void)
{
	unsigned int i;

	setup_faults();
	content = guest_bar_map(&memory, &region);
	memcpy(model, content, BUFFER);
	for (i = 0; i < ROUNDS * ARRAY_SIZE(steps); i++)
		step_each(&steps[i % ARRAY_SIZE(steps)]);
}

/* VFIO is what is tested, so the expected content comes from sysfs. */
static void read_rom(void)
{
	const char *path = "/sys/bus/pci/devices/" NICX "/rom";
	int fd;

	guest_write_file(path, "1");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, rom_content, 1024) <= 0)
		guest_die("%s: %s", path, strerror(errno));
	close(fd);
	guest_write_file(path, "0");
}

int main(int argc, char **argv)
{
	guest_open();
	open_bar(&memory, MEMORY, 2, &region);
	open_bar(&nicx, NICX, VFIO_PCI_ROM_REGION_INDEX, &rom);
	/* While it is not open, vfio-pci keeps it in D3, where QEMU 10 maps no BARs. */
	read_rom();
	open_bar(&nic, NIC, 1, &mmio);
	if (argc == 2 && !strcmp(argv[1], "each"))
		each();
	else if (argc == 2 && !strcmp(argv[1], "leak"))
		check_leaks();
	else
		guest_die("usage: bar-nomem each | leak");
	guest_log("done %s\n", argv[1]);

	return 0;
}
