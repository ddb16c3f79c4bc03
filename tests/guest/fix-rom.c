// SPDX-License-Identifier: GPL-2.0-only
/*
 * Concurrent reads of a ROM: it is decoded only during a read, so the first one to finish
 * must not turn decode off under another.
 *
 *   fix-rom BDF TIMES
 *
 * Three rounds of TIMES reads of the whole ROM by each reader: "alone", one reader; "reads",
 * two; "infos", one, while another thread asks for the region info, for which the kernel
 * reads the ROM too. Logs for each
 *
 *   rom ROUND READS WRONG FAILED
 *
 * where WRONG reads returned other bytes than the very first read, and FAILED reads failed
 * or were short.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"

#define ROM_MAX	0x10000

static struct device dev;
static struct guest_bar rom;
static unsigned char expected[ROM_MAX];
static unsigned int times;
/* Readers that have not finished. */
static unsigned int reading;

struct reader {
	pthread_t id;
	unsigned int wrong;
	unsigned int failed;
};

static void *read_often(void *arg)
{
	struct reader *reader = arg;
	unsigned char bytes[ROM_MAX];
	unsigned int i;
	ssize_t n;

	for (i = 0; i < times; i++) {
		n = pread(dev.fd, bytes, rom.size, rom.pos);
		if (n != (ssize_t)rom.size)
			reader->failed++;
		else if (memcmp(bytes, expected, rom.size))
			reader->wrong++;
	}
	__atomic_sub_fetch(&reading, 1, __ATOMIC_SEQ_CST);

	return NULL;
}

static void *ask_often(void *arg)
{
	struct guest_bar same;

	(void)arg;
	while (__atomic_load_n(&reading, __ATOMIC_SEQ_CST))
		if (guest_bar_open(&dev, VFIO_PCI_ROM_REGION_INDEX, &same))
			guest_die("no region info of the ROM");

	return NULL;
}

static void start(pthread_t *id, void *(*run)(void *arg), void *arg)
{
	if (pthread_create(id, NULL, run, arg))
		guest_die("no thread");
}

static void go_round(const char *name, unsigned int readers, bool ask)
{
	struct reader reader[2] = {};
	unsigned int wrong = 0, failed = 0, i;
	pthread_t asker;

	reading = readers;
	for (i = 0; i < readers; i++)
		start(&reader[i].id, read_often, &reader[i]);
	if (ask)
		start(&asker, ask_often, NULL);
	for (i = 0; i < readers; i++) {
		pthread_join(reader[i].id, NULL);
		wrong += reader[i].wrong;
		failed += reader[i].failed;
	}
	if (ask)
		pthread_join(asker, NULL);
	guest_log("rom %s %u %u %u\n", name, readers * times, wrong, failed);
}

int main(int argc, char **argv)
{
	guest_open();
	if (argc != 3)
		guest_die("usage: fix-rom BDF TIMES");
	times = guest_number(argv[2]);
	if (device_open(&dev, argv[1], true))
		guest_die("cannot open %s", argv[1]);
	if (guest_bar_open(&dev, VFIO_PCI_ROM_REGION_INDEX, &rom))
		guest_die("no region info of the ROM");
	if (!rom.size || rom.size > ROM_MAX)
		guest_die("%s has no ROM, or too large a one", argv[1]);
	if (pread(dev.fd, expected, rom.size, rom.pos) != (ssize_t)rom.size)
		guest_die("cannot read the ROM: %s", strerror(errno));
	if (expected[0] != 0x55 || expected[1] != 0xaa)
		guest_die("this is no ROM: %02x %02x", expected[0], expected[1]);

	go_round("alone", 1, false);
	go_round("reads", 2, false);
	go_round("infos", 1, true);
	device_close(&dev);

	return 0;
}
