// SPDX-License-Identifier: GPL-2.0-only
/*
 * A zPCI function with one BAR of plain memory.
 */

#include <kunit/test.h>
#include <kunit/test-bug.h>
#include <linux/container_of.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "vfio_pci_io_zpci_model.h"

/* Fills the bytes that PCILG does not load, which it may leave undefined. */
#define MODEL_GARBAGE	0xa5a5a5a5a5a5a5a5ULL

static bool model_in_doubleword(u64 off, u32 len)
{
	return len >= 1 && off % 8 + len <= 8;
}

static bool model_in_page(u64 off, u32 len)
{
	return off % MODEL_PAGE + len <= MODEL_PAGE;
}

static bool model_natural(u64 off, u32 len)
{
	return (len == 1 || len == 2 || len == 4 || len == 8) && !(off & (len - 1));
}

static bool model_register_allowed(const struct zpci_model *model, enum zpci_model_kind kind,
				   u64 off, u32 len)
{
	if (kind == MODEL_PCISTG && model->relaxed_align)
		return false;

	return model_in_doubleword(off, len) &&
	       (model->relaxed_align || model_natural(off, len));
}

static bool model_block_allowed(const struct zpci_model *model, u64 off, u32 len,
				unsigned long src)
{
	if (len < 1 || len > model->maxstbl)
		return false;

	if (!model->relaxed_align && (off % 8 || len % 8 || len <= 8 || src % 8))
		return false;

	return model_in_page(off, len) && model_in_page(src, len);
}

/**
 * zpci_model_allows() - Check if the function supports an instruction
 * @model: the function
 * @kind: the instruction
 * @off: offset
 * @len: bytes
 * @src: address of the source, for PCISTB
 *
 * Return: true if it does; else the instruction ends with a program check.
 */
bool zpci_model_allows(const struct zpci_model *model, enum zpci_model_kind kind, u64 off,
		       u32 len, unsigned long src)
{
	if (kind == MODEL_PCISTB)
		return model_block_allowed(model, off, len, src);

	return model_register_allowed(model, kind, off, len);
}

static u8 model_cc(struct zpci_model *model, enum zpci_model_kind kind, u64 req, u64 off,
		   const void *src)
{
	u16 len_mask = kind == MODEL_PCISTB ? 0x1fff : 0xf;
	u32 fh = req >> 32;

	if (!(fh & MODEL_FH_ENABLED) || fh != model->fh)
		return MODEL_CC_HANDLE;
	if (model->error)
		return MODEL_CC_ERROR;
	if ((req >> 16 & 0xffff) != MODEL_BAR)
		return MODEL_CC_ERROR;
	if (req & 0xffff & ~len_mask)
		return MODEL_PROGRAM_CHECK;
	if (!zpci_model_allows(model, kind, off, req & len_mask, (unsigned long)src))
		return MODEL_PROGRAM_CHECK;
	if (off >= MODEL_BAR_SIZE || off + (req & len_mask) > MODEL_BAR_SIZE)
		return MODEL_PROGRAM_CHECK;
	if (model->check_at == model->nr + 1)
		return MODEL_PROGRAM_CHECK;
	if (model->busy) {
		model->busy--;
		return MODEL_CC_BUSY;
	}

	return MODEL_CC_DONE;
}

static void model_carry(struct zpci_model *model, enum zpci_model_kind kind, u64 off, u32 len,
			u64 *reg, const void *src)
{
	u64 val;
	u32 i;

	switch (kind) {
	case MODEL_PCILG:
		val = MODEL_GARBAGE;
		for (i = 0; i < len; i++)
			val = val << 8 | model->bar[off + i];
		*reg = val;
		break;
	case MODEL_PCISTG:
		for (i = 0; i < len; i++)
			model->bar[off + i] = *reg >> 8 * (len - 1 - i);
		break;
	case MODEL_PCISTB:
		memcpy(&model->bar[off], src, len);
		break;
	}
}

/* Events between two instructions: a reset, an error. */
static void model_happens(struct zpci_model *model)
{
	if (model->nr == model->reset_at)
		model->fh += 0x01000000;
	if (model->nr == model->error_at)
		model->error = true;
}

/**
 * zpci_model_execute() - Execute one instruction
 * @model: the function
 * @kind: the instruction
 * @req: the request operand, see vfio_pci_zpci_req()
 * @off: offset
 * @reg: the register of PCILG and PCISTG
 * @src: the source of PCISTB
 *
 * Return: the condition code or %MODEL_PROGRAM_CHECK.
 */
u8 zpci_model_execute(struct zpci_model *model, enum zpci_model_kind kind, u64 req,
		      u64 off, u64 *reg, const void *src)
{
	u8 cc = model_cc(model, kind, req, off, src);

	if (model->nr < MODEL_LOG)
		model->log[model->nr] = (struct zpci_model_entry) {
			.kind = kind,
			.fh = req >> 32,
			.space = req >> 16 & 0xff,
			.len = req & 0xffff,
			.off = off,
			.cc = cc,
		};
	model->nr++;

	if (cc == MODEL_CC_DONE)
		model_carry(model, kind, off, req & 0xffff, reg, src);
	model_happens(model);

	return cc;
}

/*
 * The instructions of the table under test. Like the kernel's, they retry while the
 * function is busy, and a failed load does not change the value.
 */
static int model_insn(enum zpci_model_kind kind, u64 req, u64 off, u64 *reg, const void *src)
{
	struct zpci_model *model = kunit_get_current_test()->priv;
	u8 cc;

	do {
		cc = zpci_model_execute(model, kind, req, off, reg, src);
	} while (cc == MODEL_CC_BUSY);

	if (cc == MODEL_PROGRAM_CHECK)
		return -ENXIO;

	return cc == MODEL_CC_DONE ? 0 : -EIO;
}

/* Like the kernel's, but with the stale handle if there is one. */
static u64 model_req(const struct vfio_pci_io *io, u32 len)
{
	struct zpci_model *model = container_of((struct vfio_pci_io *)io, struct zpci_model, io);

	return vfio_pci_zpci_req(model->stale_fh ?: model->fh, io->bar, len);
}

static int model_load(const struct vfio_pci_io *io, u64 *data, u64 off, u32 len)
{
	return model_insn(MODEL_PCILG, model_req(io, len), off, data, NULL);
}

static int model_store(const struct vfio_pci_io *io, u64 data, u64 off, u32 len)
{
	return model_insn(MODEL_PCISTG, model_req(io, len), off, &data, NULL);
}

static int model_store_block(const struct vfio_pci_io *io, const void *data, u64 off, u32 len)
{
	return model_insn(MODEL_PCISTB, model_req(io, len), off, NULL, data);
}

static const struct vfio_pci_zpci_insn model_insns = {
	.load = model_load,
	.store = model_store,
	.store_block = model_store_block,
};

#ifndef CONFIG_S390
/* The tables under test refer to it; there are no real instructions here. */
const struct vfio_pci_zpci_insn vfio_pci_zpci_insn;
#endif

/**
 * zpci_model_reset() - Refill the BAR, clear the log and all events
 * @model: the function
 *
 * The function's properties stay.
 */
void zpci_model_reset(struct zpci_model *model)
{
	u32 off;

	for (off = 0; off < MODEL_BAR_SIZE; off++)
		model->bar[off] = zpci_model_byte(off);

	model->nr = 0;
	model->fh = MODEL_FH;
	model->stale_fh = 0;
	model->error = false;
	model->busy = 0;
	model->reset_at = 0;
	model->error_at = 0;
	model->check_at = 0;
}

/**
 * zpci_model_set_limits() - Set the limits of the access width
 * @model: the function
 * @maxstbl: its longest store block, 0 if it has none
 * @limit: another limit, 0 for none
 *
 * The BAR gets the lower of the two, as when a device is opened.
 */
void zpci_model_set_limits(struct zpci_model *model, u16 maxstbl, u32 limit)
{
	model->maxstbl = maxstbl;
	model->io.max_width = min_not_zero(limit, max_t(u32, maxstbl, 8));
}

/**
 * zpci_model_create() - Make a function that lives as long as the test case
 * @test: the test case, whose priv points to it
 * @relaxed_align: it has relaxed alignment
 *
 * Its table is that of strict or relaxed_align functions, with the model's instructions.
 *
 * Return: the function; the test case ends if there is no memory.
 */
struct zpci_model *zpci_model_create(struct kunit *test, bool relaxed_align)
{
	struct zpci_model *model = kunit_kzalloc(test, sizeof(*model), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, model);
	model->bar = kunit_kzalloc(test, MODEL_BAR_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, model->bar);
	model->log = kunit_kcalloc(test, MODEL_LOG, sizeof(*model->log), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, model->log);

	model->relaxed_align = relaxed_align;
	model->ops = relaxed_align ? vfio_pci_zpci_relaxed_align_ops : vfio_pci_zpci_strict_ops;
	model->ops.insn = &model_insns;
	model->io.ops = &model->ops.io;
	model->io.bar = MODEL_BAR;
	zpci_model_set_limits(model, relaxed_align ? 4096 : 128, 0);
	zpci_model_reset(model);

	return model;
}
