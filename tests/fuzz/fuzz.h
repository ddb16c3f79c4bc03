/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A case is a request and everything that happens to it. The world runs the code under
 * test on it, and the reference tells the expected outcome.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "shim.h"

#define PAGE			4096U
#define COUNT_MAX		(2 * PAGE + 64)
#define ARENA_PAGES		5
#define ARENA			(ARENA_PAGES * PAGE)

/* Bytes of the BAR on each side of the request that must not change. */
#define MARGIN			64
#define WINDOW			(COUNT_MAX + 2 * MARGIN)

#define SIGNAL_MAPPING		0xffff

/* Limits of a case: entries of bar_max_width=, and length of its text. */
#define LIMIT_IDS		16
#define TEXT_MAX		1024

enum fuzz_entry {
	ENTRY_BAR,		/* pread and pwrite on a BAR or the ROM */
	ENTRY_MAP,		/* the same on another map: vfio_pci_core_do_io_rw() */
	ENTRY_VALUE,		/* an ioeventfd's write */
	ENTRY_ONE,		/* vfio_pci_core_iowrite16() and vfio_pci_core_ioread16() */
	ENTRY_FEATURE,		/* VFIO_DEVICE_FEATURE_REGION_ACCESS */
	ENTRY_LIMITS,		/* bar_max_width= */
	ENTRIES
};

enum fuzz_region {
	REGION_MEM,
	REGION_PORT,
	REGION_ROM,		/* the function's ROM BAR */
	REGION_PLATFORM_ROM,	/* the firmware's copy */
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
 * struct fuzz_case - the parsed input
 * @entry: which function is called
 * @region: type of the region
 * @table: how memory BARs are reached
 * @index: index of the region
 * @asked: the region that ENTRY_FEATURE asks about
 * @large: the device has the large shift
 * @pos: position in the file
 * @off: intended offset in the region; the reference decodes @pos itself
 * @size: bytes of the region
 * @count: bytes requested
 * @cut: those of @count up to the region's end
 * @write: direction
 * @hole_start: first byte of the hole
 * @hole_size: bytes in the hole
 * @limit: bar_max_width= for all functions
 * @has_id: bar_max_width= has an entry for this function too
 * @id_limit: width of that entry
 * @max_width: limit that the caller of ENTRY_MAP passes
 * @maxstbl: longest store block of a zPCI function
 * @fail_at: number of the access that fails, from 1
 * @fail_error: its negative errno
 * @buf: offset of the user's buffer in the arena
 * @readable: one bit for each page of the arena
 * @writable: likewise
 * @bad_byte: byte of the arena that cannot be touched though its page can, ARENA for none
 * @vanish_at: access at which @vanish_page of the arena is unmapped, 0 for never
 * @vanish_page: see @vanish_at
 * @decode_off_at: memory decode is off from this section of memory_lock on, 0 for never
 * @signal_at: a fatal signal comes after @signal_at - 1 accesses, 0 for never,
 *	SIGNAL_MAPPING while the ROM is mapped
 * @test_mem: memory decode gates the map
 * @no_memory: no memory for a bounce buffer
 * @kept: the device keeps the bounce buffer of an earlier request
 * @beside: a concurrent request gives its bounce buffer back first
 * @no_iomap: error of the BAR's map, 0 if it has one
 * @no_rom: the ROM cannot be mapped
 * @rom_size: bytes of the ROM before its tail
 * @rom_fail_at: number of the attempt at which enabling the ROM fails
 * @trace: the tracepoint is enabled
 * @seed: seed of all data
 * @value: value of an ioeventfd
 * @text: text for bar_max_width=
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
 * struct fuzz_outcome - the actual or expected outcome of a case
 * @ret: return value
 * @moved: bytes by which the position advanced
 * @nr: number of accesses
 * @access: the accesses in order
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
 * struct fuzz_limits - the meaning of a text of bar_max_width=
 * @width: limit for all functions
 * @nr: number of entries by ID
 * @id: the entries in order
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

/* vfio_pci_io_platform_ops() and _limit() of a kernel without zPCI. */
const struct vfio_pci_io_ops *fuzz_platform_ops(struct pci_dev *pdev);
u32 fuzz_platform_limit(struct pci_dev *pdev);

/* vfio_pci_io_zpci_ops() and _limit() renamed: world.c has its own, with tables that fail. */
const struct vfio_pci_io_ops *fuzz_zpci_ops(struct pci_dev *pdev);
u32 fuzz_zpci_limit(struct pci_dev *pdev);

/* Reference: false for a text that is refused. */
bool fuzz_reference_limits(const char *text, struct fuzz_limits *limits);

/* Reference: the return value of ENTRY_FEATURE. */
int fuzz_reference_feature(const struct fuzz_case *c);

/* Reference: whether the user's struct can be read or, with @write, written. */
bool fuzz_feature_can(const struct fuzz_case *c, bool write);

/* Reference: whether a request is one access, regardless of the region's end. */
bool fuzz_is_one_access(const struct fuzz_case *c, u64 off, u32 count, bool write);

/* Another driver has claimed the BAR, but setting up its map would not show that. */
bool fuzz_claimed_unmapped(const struct fuzz_case *c);

/* Reference: whether a request needs a bounce buffer that is not on the stack. */
bool fuzz_needs_bounce(const struct fuzz_case *c);

/* Reference: the region and the offset in it at the case's position. */
void fuzz_decode_position(const struct fuzz_case *c, u32 *index, u64 *off);

static inline u64 fuzz_window(const struct fuzz_case *c)
{
	return c->off > MARGIN ? c->off - MARGIN : 0;
}

/* libFuzzer calls these by name. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* Both sides of the comparison begin with the same, unrelated bytes. */
void fuzz_fill(const struct fuzz_case *c, struct fuzz_outcome *out);

#endif
