// SPDX-License-Identifier: GPL-2.0-only
/*
 * A TCG plugin for QEMU that logs each PCI instruction that an s390x machine executes,
 * and the markers that the test programs put between them. The tests rely on this log,
 * as the kernel under test has no influence on it.
 *
 *   qemu-system-s390x -plugin zpci-log.so,log=PATH ...
 *
 * Lines are, in the order of execution:
 *
 *   KIND FH SPACE LENGTH OFFSET [BYTES [SOURCE]]
 *   mark begin ID
 *   mark end ID
 *
 * KIND is PCILG, PCISTG or PCISTB, or PCILGI, PCISTGI or PCISTBI for the instructions
 * that take an address and no handle (MIO); these have 0 for FH and SPACE. BYTES are in
 * the BAR's order, in hexadecimal; for a load they are what the function returned, and
 * absent if it returned nothing. SOURCE is the address of a store block's source.
 *
 * The operands are decoded as in the kernel's arch/s390/pci/pci_insn.c and asm/pci_io.h.
 * The machine must run its processors in one thread.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "plugin.h"

PLUGIN_EXPORT int qemu_plugin_version = PLUGIN_VERSION;

enum kind {
	PCILG, PCISTG, PCISTB, PCILGI, PCISTGI, PCISTBI, MARK_BEGIN, MARK_END, NO_KIND,
};

static const char * const names[] = {
	[PCILG] = "PCILG", [PCISTG] = "PCISTG", [PCISTB] = "PCISTB",
	[PCILGI] = "PCILGI", [PCISTGI] = "PCISTGI", [PCISTBI] = "PCISTBI",
	[MARK_BEGIN] = "mark begin", [MARK_END] = "mark end",
};

/* A decoded instruction, packed into the callback's data pointer. */
union decoded {
	void *data;
	struct {
		uint8_t kind;
		uint8_t r1;
		/* R2, or R3 of a store block. */
		uint8_t r2;
		uint8_t base;
		int32_t disp;
	};
};

#define REGISTERS	16
#define MARK_REGISTER	2

static struct qemu_plugin_register *registers[REGISTERS];
static struct plugin_bytes *scratch;
static FILE *output;

/* The length and the register of a load whose line is not complete; 0 if there is none. */
static unsigned int loading;
static unsigned int loading_register;

/*
 * The addresses after loads, where the data has arrived. A kernel has a handful. QEMU
 * ends a translation block with such an instruction, so the next one is in another block.
 */
#define LOADS_MAX	64
static uint64_t behind_loads[LOADS_MAX];
static unsigned int nr_loads;

static uint64_t read_register(unsigned int nr)
{
	uint64_t value = 0;
	unsigned int i;

	g_byte_array_set_size(scratch, 0);
	qemu_plugin_read_register(registers[nr], scratch);
	for (i = 0; i < scratch->len; i++)
		value = value << 8 | scratch->data[i];

	return value;
}

/* The bytes are right-aligned in the register, the last one of the BAR last. */
static void print_value(uint64_t value, unsigned int len)
{
	fputc(' ', output);
	while (len--)
		fprintf(output, "%02x", (unsigned int)(value >> 8 * len) & 0xff);
}

static void print_block(uint64_t source, unsigned int len)
{
	unsigned int i;

	g_byte_array_set_size(scratch, 0);
	fputc(' ', output);
	if (!len || !qemu_plugin_read_memory_vaddr(source, scratch, len))
		fputc('?', output);
	else
		for (i = 0; i < len; i++)
			fprintf(output, "%02x", scratch->data[i]);
	fprintf(output, " 0x%llx", (unsigned long long)source);
}

static void end_line(void)
{
	fputc('\n', output);
	fflush(output);
}

static void end_of_load(bool done)
{
	if (!loading)
		return;
	if (done)
		print_value(read_register(loading_register), loading);
	loading = 0;
	end_line();
}

/* The instruction after a load: the data is in the register. */
static void after_load(unsigned int vcpu, void *data)
{
	(void)vcpu;
	(void)data;
	end_of_load(true);
}

static void print_by_handle(union decoded insn)
{
	uint64_t request = read_register(insn.kind == PCISTB ? insn.r1 : insn.r2);
	uint64_t offset = read_register(insn.kind == PCISTB ? insn.r2 : insn.r2 + 1);
	unsigned int len = request & 0xffff, space = request >> 16 & 0xff;

	fprintf(output, "%s %08x %u %u 0x%llx", names[insn.kind], (unsigned int)(request >> 32),
		space, len, (unsigned long long)offset);

	if (insn.kind == PCISTB) {
		uint64_t base = insn.base ? read_register(insn.base) : 0;

		print_block(base + insn.disp, len);
	} else if (insn.kind == PCISTG) {
		print_value(read_register(insn.r1), len < 8 ? len : 8);
	} else if (len) {
		loading = len < 8 ? len : 8;
		loading_register = insn.r1;
		return;
	}
	end_line();
}

static void print_by_address(union decoded insn)
{
	uint64_t len = read_register(insn.kind == PCISTBI ? insn.r1 : insn.r2 + 1);
	uint64_t addr = read_register(insn.r2);

	fprintf(output, "%s 0 0 %llu 0x%llx", names[insn.kind], (unsigned long long)len,
		(unsigned long long)addr);
	end_line();
}

static void executed(unsigned int vcpu, void *data)
{
	union decoded insn = { .data = data };

	(void)vcpu;
	end_of_load(false);

	switch (insn.kind) {
	case PCILG:
	case PCISTG:
	case PCISTB:
		print_by_handle(insn);
		break;
	case PCILGI:
	case PCISTGI:
	case PCISTBI:
		print_by_address(insn);
		break;
	default:
		fprintf(output, "%s %llu", names[insn.kind],
			(unsigned long long)read_register(MARK_REGISTER));
		end_line();
	}
}

static enum kind kind_of_rre(const uint8_t *op)
{
	if (op[0] != 0xb9)
		return NO_KIND;

	switch (op[1]) {
	case 0xd0:
		return PCISTG;
	case 0xd2:
		return PCILG;
	case 0xd4:
		return PCISTGI;
	case 0xd6:
		return PCILGI;
	default:
		return NO_KIND;
	}
}

static enum kind kind_of_rsy(const uint8_t *op)
{
	if (op[0] != 0xeb)
		return NO_KIND;

	switch (op[5]) {
	case 0xd0:
		return PCISTB;
	case 0xd4:
		return PCISTBI;
	default:
		return NO_KIND;
	}
}

/* A branch that is never taken, with "VPWB" or "VPWE" as its target. */
static enum kind kind_of_mark(const uint8_t *op)
{
	if (!memcmp(op, "\xc0\x04VPWB", 6))
		return MARK_BEGIN;
	if (!memcmp(op, "\xc0\x04VPWE", 6))
		return MARK_END;
	return NO_KIND;
}

static union decoded decode_rre(const uint8_t *op)
{
	union decoded insn = { .data = NULL };

	insn.kind = kind_of_rre(op);
	insn.r1 = op[3] >> 4;
	insn.r2 = op[3] & 0xf;

	return insn;
}

static union decoded decode_long(const uint8_t *op)
{
	union decoded insn = { .data = NULL };

	insn.kind = kind_of_mark(op);
	if (insn.kind != NO_KIND)
		return insn;

	insn.kind = kind_of_rsy(op);
	insn.r1 = op[1] >> 4;
	insn.r2 = op[1] & 0xf;
	insn.base = op[2] >> 4;
	insn.disp = (int8_t)op[4] * 4096 + ((op[2] & 0xf) << 8 | op[3]);

	return insn;
}

static union decoded decode(const struct qemu_plugin_insn *insn)
{
	union decoded none = { .data = NULL };
	uint8_t op[6] = { 0 };

	switch (qemu_plugin_insn_data(insn, op, sizeof(op))) {
	case 4:
		return decode_rre(op);
	case 6:
		return decode_long(op);
	default:
		none.kind = NO_KIND;
		return none;
	}
}

static bool is_behind_load(uint64_t addr)
{
	unsigned int i;

	for (i = 0; i < nr_loads; i++)
		if (behind_loads[i] == addr)
			return true;

	return false;
}

static void add_load(uint64_t addr)
{
	if (!is_behind_load(addr) && nr_loads < LOADS_MAX)
		behind_loads[nr_loads++] = addr;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t i, nr = qemu_plugin_tb_n_insns(tb);

	(void)id;
	for (i = 0; i < nr; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint64_t addr = qemu_plugin_insn_vaddr(insn);
		union decoded decoded = decode(insn);

		if (is_behind_load(addr))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, after_load,
							       PLUGIN_CB_R_REGS, NULL);
		if (decoded.kind != NO_KIND)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, executed,
							       PLUGIN_CB_R_REGS, decoded.data);
		if (decoded.kind == PCILG)
			add_load(addr + 4);
	}
}

static void started(qemu_plugin_id_t id, unsigned int vcpu)
{
	struct plugin_regs *regs = qemu_plugin_get_registers();
	unsigned int i, nr;
	char rest;

	(void)id;
	(void)vcpu;
	for (i = 0; i < regs->len; i++)
		if (sscanf(regs->data[i].name, "r%u%c", &nr, &rest) == 1 && nr < REGISTERS)
			registers[nr] = regs->data[i].handle;
}

int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "log=", 4)) {
		fprintf(stderr, "zpci-log: needs log=PATH and nothing else\n");
		return -1;
	}
	output = fopen(argv[0] + 4, "w");
	if (!output) {
		perror(argv[0] + 4);
		return -1;
	}
	scratch = g_byte_array_new();
	qemu_plugin_register_vcpu_init_cb(id, started);
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);

	return 0;
}
