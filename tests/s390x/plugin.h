/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part of QEMU's plugin interface, version 4 (QEMU 10.0), and of GLib that is used
 * here, declared again because no package has QEMU's header. The functions are in QEMU and
 * in the GLib that it has loaded.
 */
#ifndef PLUGIN_H
#define PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t qemu_plugin_id_t;

struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_plugin_register;

struct plugin_bytes {		/* GByteArray */
	uint8_t *data;
	unsigned int len;
};

struct plugin_reg {		/* qemu_plugin_reg_descriptor */
	struct qemu_plugin_register *handle;
	const char *name;
	const char *feature;
};

struct plugin_regs {		/* GArray of these */
	struct plugin_reg *data;
	unsigned int len;
};

#define PLUGIN_VERSION		4
#define PLUGIN_CB_R_REGS	1

typedef void (*plugin_vcpu_cb)(qemu_plugin_id_t id, unsigned int vcpu);
typedef void (*plugin_tb_cb)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*plugin_insn_cb)(unsigned int vcpu, void *data);

void qemu_plugin_register_vcpu_init_cb(qemu_plugin_id_t id, plugin_vcpu_cb cb);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, plugin_tb_cb cb);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, plugin_insn_cb cb,
					    int flags, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *dest, size_t len);
struct plugin_regs *qemu_plugin_get_registers(void);
int qemu_plugin_read_register(struct qemu_plugin_register *handle, struct plugin_bytes *buf);
bool qemu_plugin_read_memory_vaddr(uint64_t addr, struct plugin_bytes *buf, size_t len);

struct plugin_bytes *g_byte_array_new(void);
struct plugin_bytes *g_byte_array_set_size(struct plugin_bytes *array, unsigned int len);

/* The symbols that QEMU looks up. */
#define PLUGIN_EXPORT __attribute__((visibility("default")))

extern PLUGIN_EXPORT int qemu_plugin_version;

PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc,
				      char **argv);

#endif
