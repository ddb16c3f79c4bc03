/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A zPCI function with one BAR of plain memory: what PCILG, PCISTG and PCISTB do to it,
 * and when they fail.
 *
 * The rules are those of the architecture as QEMU's hw/s390x/s390-pci-inst.c enforces
 * them, without those particular to its devices. Two are stricter: on a strict function
 * PCILG and PCISTG must be naturally aligned, as the kernel's own copy routines issue
 * them, and the source of a block must not cross a 4 KiB page.
 */
#ifndef VFIO_PCI_IO_ZPCI_MODEL_H
#define VFIO_PCI_IO_ZPCI_MODEL_H

#include <kunit/test.h>

#include "vfio_pci_io.h"
#include "vfio_pci_io_zpci.h"

#define MODEL_PAGE	4096
#define MODEL_BAR_SIZE	(3 * MODEL_PAGE)
#define MODEL_LOG	4200
#define MODEL_BAR	2

/* Set in the handle of an enabled function. */
#define MODEL_FH_ENABLED	0x80000000U
#define MODEL_FH		(MODEL_FH_ENABLED | 0x0012a4)

enum zpci_model_kind {
	MODEL_PCILG,
	MODEL_PCISTG,
	MODEL_PCISTB,
};

/* The result of an instruction. */
#define MODEL_CC_DONE		0
#define MODEL_CC_ERROR		1
#define MODEL_CC_BUSY		2
#define MODEL_CC_HANDLE		3
#define MODEL_PROGRAM_CHECK	4

/**
 * struct zpci_model_entry - one instruction that was executed
 * @kind: the instruction
 * @fh: its function handle
 * @space: its address space
 * @len: bytes
 * @off: offset
 * @cc: its result
 */
struct zpci_model_entry {
	enum zpci_model_kind kind;
	u32 fh;
	u8 space;
	u16 len;
	u64 off;
	u8 cc;
};

/**
 * struct zpci_model - the function
 * @io: what the code under test gets
 * @ops: its table, with the model's instructions
 * @relaxed_align: it has relaxed alignment
 * @maxstbl: its longest store block; set by zpci_model_set_limits()
 * @fh: its handle
 * @stale_fh: the handle that the code under test uses, 0 for @fh
 * @error: it is in the error state
 * @busy: number of further instructions for which it is busy
 * @reset_at: number of instructions after which it is reset and gets another handle,
 *	0 for never
 * @error_at: number of instructions after which it enters the error state, 0 for never
 * @check_at: number of the instruction that ends with a program check in any case,
 *	counted from 1, 0 for none
 * @bar: bytes of the BAR
 * @log: the instructions in the order of execution
 * @nr: number of instructions
 */
struct zpci_model {
	struct vfio_pci_io io;
	struct vfio_pci_zpci_ops ops;
	bool relaxed_align;
	u16 maxstbl;
	u32 fh;
	u32 stale_fh;
	bool error;
	u32 busy;
	u32 reset_at;
	u32 error_at;
	u32 check_at;
	u8 *bar;
	struct zpci_model_entry *log;
	u32 nr;
};

struct zpci_model *zpci_model_create(struct kunit *test, bool relaxed_align);
void zpci_model_reset(struct zpci_model *model);
void zpci_model_set_limits(struct zpci_model *model, u16 maxstbl, u32 limit);
bool zpci_model_allows(const struct zpci_model *model, enum zpci_model_kind kind, u64 off,
		       u32 len, unsigned long src);
u8 zpci_model_execute(struct zpci_model *model, enum zpci_model_kind kind, u64 req,
		      u64 off, u64 *reg, const void *src);

/* The initial content of a byte of the BAR. */
static inline u8 zpci_model_byte(u32 off)
{
	return off * 7 + off / 256 + 1;
}

#endif /* VFIO_PCI_IO_ZPCI_MODEL_H */
