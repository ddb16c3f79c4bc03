// SPDX-License-Identifier: GPL-2.0-only
/*
 * A TCG plugin for QEMU that counts how often each instruction of an x86_64 machine is
 * executed between two reads of the time stamp counter by user space, as bar-bench does
 * around each request.
 *
 *   qemu-system-x86_64 -plugin profile.so,out=PATH ...
 *
 * Lines of PATH are "ADDRESS TIMES", the address in hexadecimal. Each step of a string
 * instruction counts, as it does for -icount.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "plugin.h"

PLUGIN_EXPORT int qemu_plugin_version = 1;

#define ADDRESSES	0x100000
#define KERNEL		0x800000000000ULL

/* Hashed by address; entries are never removed. */
static struct counted {
	uint64_t address;
	uint64_t times;
} counted[ADDRESSES];

static FILE *output;
static bool counting;

static struct counted *find(uint64_t address)
{
	size_t i = (address * 0x9e3779b97f4a7c15ULL) >> 44;

	while (counted[i].address && counted[i].address != address)
		i = (i + 1) % ADDRESSES;
	counted[i].address = address;

	return &counted[i];
}

static void executed(unsigned int cpu, void *data)
{
	struct counted *c = data;

	(void)cpu;
	c->times += counting;
}

static void read_clock(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	counting = !counting;
}

static bool reads_clock(const struct qemu_plugin_insn *insn)
{
	return qemu_plugin_insn_size(insn) == 2 &&
	       !memcmp(qemu_plugin_insn_data(insn), "\x0f\x31", 2) &&
	       qemu_plugin_insn_vaddr(insn) < KERNEL;
}

static void translated(plugin_id id, struct qemu_plugin_tb *tb)
{
	size_t i, nr = qemu_plugin_tb_n_insns(tb);

	(void)id;
	for (i = 0; i < nr; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint64_t address = qemu_plugin_insn_vaddr(insn);

		if (reads_clock(insn))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, read_clock, 0, NULL);
		else
			qemu_plugin_register_vcpu_insn_exec_cb(insn, executed, 0, find(address));
	}
}

static void finish(plugin_id id, void *data)
{
	size_t i;

	(void)id;
	(void)data;
	for (i = 0; i < ADDRESSES; i++)
		if (counted[i].times)
			fprintf(output, "%llx %llu\n", (unsigned long long)counted[i].address,
				(unsigned long long)counted[i].times);
	fclose(output);
}

PLUGIN_EXPORT int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", 4)) {
		fprintf(stderr, "profile: needs out=PATH\n");
		return 1;
	}
	output = fopen(argv[0] + 4, "w");
	if (!output) {
		perror(argv[0] + 4);
		return 1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, finish, NULL);

	return 0;
}
