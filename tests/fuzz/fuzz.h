/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One case: a request and everything that happens to it, its world, in which the
 * code under test carries it out, and the reference, which says what must come of it.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "shim.h"

#define PAGE			4096U
#define COUNT_MAX		(2 * PAGE + 64)
#define ARENA_PAGES		5
#define ARENA			(ARENA_PAGES * PAGE)

/* Bytes of the BAR on both sides of the request that nobody may touch. */
#define MARGIN			64
#define WINDOW			(COUNT_MAX + 2 * MARGIN)

#define SIGNAL_MAPPING		0xffff

/* What one text of bar_max_width= has room for, and the longest text of ours. */
#define LIMIT_IDS		16
#define TEXT_MAX		1024

enum fuzz_entry {
	ENTRY_BAR,		/* pread and pwrite on a BAR or the ROM */
	ENTRY_MAP,		/* the same on another map: vfio_pci_core_do_io_rw() */
	ENTRY_VALUE,		/* an ioeventfd's write */
	ENTRY_ONE,		/* vfio_pci_core_iowrite16() and vfio_pci_core_ioread16() */
	ENTRY_FEATURE,		/* what VFIO_DEVICE_FEATURE_REGION_ACCESS says */
	ENTRY_LIMITS,		/* what bar_max_width= takes */
	ENTRIES
};

enum fuzz_region {
	REGION_MEM,
	REGION_PORT,
	REGION_ROM,		/* behind the function's ROM BAR */
	REGION_PLATFORM_ROM,	/* that only the firmware has */
	REGION_NONE,
	REGIONS
};

enum fuzz_table {
	TABLE_IOMEM64,
	TABLE_IOMEM32,
	TABLE_STRICT,
	TABLE_RELAXED,
	TABLES
};

/**
 * struct fuzz_case - the input, taken apart
 * @entry: which function is called
 * @region: what is behind the BAR
 * @table: how memory BARs are reached
 * @index: of the region
 * @asked: the region of which ENTRY_FEATURE asks
 * @large: the device has the large shift
 * @pos: position in the file
 * @off: offset in the region that is meant; the reference finds out itself
 * @size: bytes of the region
 * @count: bytes asked for
 * @cut: of these, up to the region's end
 * @write: direction
 * @hole_start: first byte of the hole
 * @hole_size: bytes in the hole
 * @limit: bar_max_width= for all functions
 * @has_id: it has an entry for this function too
 * @id_limit: what that says
 * @max_width: what the caller of ENTRY_MAP wants
 * @maxstbl: longest block of a zPCI function
 * @fail_at: number of the access that fails, from 1
 * @fail_error: the negative errno that it gives
 * @buf: where the user's buffer begins in the arena
 * @readable: one bit for each page of the arena
 * @writable: likewise
 * @bad_byte: byte of the arena that cannot be touched though its page can, ARENA for none
 * @vanish_at: with this access the page @vanish_page of the arena goes, 0 for never
 * @vanish_page: see @vanish_at
 * @decode_off_at: memory decode is off from this section of memory_lock on, 0 for never
 * @signal_at: a fatal signal comes after this many accesses less one, 0 for never,
 *	SIGNAL_MAPPING while the ROM is mapped
 * @test_mem: decode gates a map
 * @no_memory: there is none for a bounce buffer
 * @kept: the device has kept one of an earlier request
 * @beside: a request that runs beside this one gives its buffer back first
 * @no_iomap: error of the BAR's map, 0 if it has one
 * @no_rom: the ROM cannot be mapped
 * @no_rom_lock: there is no memory for the ROM's lock
 * @rom_size: bytes of the ROM before its tail
 * @rom_fail_at: the ROM cannot be switched on the n-th time
 * @trace: the tracepoint is on
 * @seed: of all data
 * @value: of an ioeventfd
 * @text: for bar_max_width=
 */
struct fuzz_case {
	enum fuzz_entry entry;
	enum fuzz_region region;
	enum fuzz_table table;
	unsigned int index;
	u32 asked;
	bool large;
	u64 pos;
	u64 off;
	u64 size;
	size_t count;
	size_t cut;
	bool write;
	u64 hole_start;
	u64 hole_size;
	u32 limit;
	bool has_id;
	u32 id_limit;
	u32 max_width;
	u32 maxstbl;
	u32 fail_at;
	int fail_error;
	u32 buf;
	u32 readable;
	u32 writable;
	u32 bad_byte;
	u32 vanish_at;
	u32 vanish_page;
	u32 decode_off_at;
	u32 signal_at;
	bool test_mem;
	bool no_memory;
	bool kept;
	bool beside;
	int no_iomap;
	bool no_rom;
	bool no_rom_lock;
	u64 rom_size;
	u32 rom_fail_at;
	bool trace;
	u32 seed;
	u64 value;
	char text[TEXT_MAX];
};

struct fuzz_access {
	u64 off;
	u32 width;
	bool failed;
};

/**
 * struct fuzz_outcome - what came of a case, or must
 * @ret: what the function returned
 * @moved: by how much it advanced the position
 * @nr: accesses
 * @access: in their order
 * @dev: bytes of the BAR from fuzz_window() on
 * @user: the arena
 */
struct fuzz_outcome {
	ssize_t ret;
	u64 moved;
	u32 nr;
	struct fuzz_access access[COUNT_MAX];
	u8 dev[WINDOW];
	u8 user[ARENA];
};

/**
 * struct fuzz_limits - what a text of bar_max_width= means
 * @width: for all functions
 * @nr: entries by ID
 * @id: these, in their order
 */
struct fuzz_limits {
	u32 width;
	u32 nr;
	struct {
		u16 vendor;
		u16 device;
		u32 width;
	} id[LIMIT_IDS];
};

void fuzz_parse(struct fuzz_case *c, const u8 *data, size_t size);
void fuzz_explain(const struct fuzz_case *c);
void fuzz_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

void fuzz_init(void);
void fuzz_run(const struct fuzz_case *c, struct fuzz_outcome *got);
void fuzz_reference(const struct fuzz_case *c, struct fuzz_outcome *want);
void fuzz_check_feature(const struct fuzz_case *c, struct fuzz_outcome *got);
void fuzz_check_limits(const struct fuzz_case *c);

/* vfio_pci_io_platform_ops() and _limit() as a kernel without zPCI has them. */
const struct vfio_pci_io_ops *fuzz_platform_ops(struct pci_dev *pdev);
u32 fuzz_platform_limit(struct pci_dev *pdev);

/* vfio_pci_io_zpci_ops() and _limit() under other names: world.c has tables that fail. */
const struct vfio_pci_io_ops *fuzz_zpci_ops(struct pci_dev *pdev);
u32 fuzz_zpci_limit(struct pci_dev *pdev);

/* Reference: false for a text that is refused. */
bool fuzz_reference_limits(const char *text, struct fuzz_limits *limits);

/* Reference: what the question of ENTRY_FEATURE gives. */
int fuzz_reference_feature(const struct fuzz_case *c);

/* Reference: whether the question can be read, and the answer be written. */
bool fuzz_feature_can(const struct fuzz_case *c, bool write);

/* Reference: whether a request is one access, wherever the region ends. */
bool fuzz_is_one_access(const struct fuzz_case *c, u64 off, u32 count, bool write);

/* Reference: whether a request goes by way of a bounce buffer that is not on the stack. */
bool fuzz_needs_bounce(const struct fuzz_case *c);

/* Reference: the region and the offset in it that the case's position means. */
void fuzz_decode_position(const struct fuzz_case *c, u32 *index, u64 *off);

static inline u64 fuzz_window(const struct fuzz_case *c)
{
	return c->off > MARGIN ? c->off - MARGIN : 0;
}

/* libFuzzer knows these by name. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* Both sides of the comparison begin with the same bytes, of which no two are related. */
void fuzz_fill(const struct fuzz_case *c, struct fuzz_outcome *out);

#endif
