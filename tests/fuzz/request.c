// SPDX-License-Identifier: GPL-2.0-only
/*
 * The entry point of libFuzzer: parses the input into a case, runs it, and compares the
 * outcome with the reference.
 */
#include <stdarg.h>
#include <stdlib.h>

#include "fuzz.h"

static struct fuzz_case the_case;
static struct fuzz_outcome got, want;

struct input {
	const u8 *data;
	size_t left;
};

/* Gives zeroes beyond the end of the input, so that short inputs are simple cases. */
static u64 take(struct input *in, u32 bytes)
{
	u64 val = 0;
	u32 i;

	for (i = 0; i < bytes && in->left; i++, in->data++, in->left--)
		val |= (u64)*in->data << 8 * i;

	return val;
}

static bool flag(u64 *flags)
{
	bool set = *flags & 1;

	*flags >>= 1;

	return set;
}

static void parse_region(struct fuzz_case *c, struct input *in, u64 *flags)
{
	u32 log = take(in, 1);
	bool huge = flag(flags);

	c->index = take(in, 1) % 6;
	c->size = huge && c->region == REGION_MEM ? 1ULL << (40 + log % 17) : 1ULL << log % 15;
	if (c->region == REGION_ROM || c->region == REGION_PLATFORM_ROM)
		c->index = PCI_ROM_RESOURCE;
	c->rom_size = take(in, 2) % (c->size + 1);
	if (c->region == REGION_PLATFORM_ROM) {
		c->rom_size = c->rom_size ?: 1;
		c->size = roundup_pow_of_two(c->rom_size);
	}
}

/* The position of a request, mostly inside the region. */
static void parse_position(struct fuzz_case *c, struct input *in, u64 *flags)
{
	u64 off = take(in, 8);
	bool raw = flag(flags), large = flag(flags), from_end = flag(flags);
	u32 shift = large ? 56 : 40;

	c->large = large;
	if (raw && c->entry == ENTRY_BAR) {
		u32 index;

		c->pos = off;
		fuzz_decode_position(c, &index, &c->off);
		if (c->region == REGION_MEM && index < PCI_ROM_RESOURCE)
			c->index = index;
		return;
	}

	c->asked = raw ? off : c->index;
	off %= c->size + (c->entry == ENTRY_BAR);
	c->off = from_end ? c->size - off : off;
	if (c->entry != ENTRY_BAR && c->off == c->size)
		c->off = 0;
	c->pos = ((u64)c->index << shift) + c->off;
	if (c->region == REGION_NONE && c->off % 2)
		c->pos = (7ULL + c->off) << shift;
	/* With the small shift, an offset that it cannot hold is in another region. */
	if (c->entry == ENTRY_BAR) {
		u32 index;

		fuzz_decode_position(c, &index, &c->off);
		if (c->region == REGION_MEM && index < PCI_ROM_RESOURCE)
			c->index = index;
	}
}

static void parse_count(struct fuzz_case *c, struct input *in)
{
	u64 left = c->off < c->size ? c->size - c->off : 0;
	u64 count = take(in, 3);
	u32 kind = take(in, 1) % 4;

	if (kind == 1)
		count = 1ULL << count % 15;
	if (kind == 2)
		count = SSIZE_MAX - count;
	if (c->entry == ENTRY_VALUE)
		count = 1U << count % 4;
	if (c->entry == ENTRY_ONE)
		count = 2;
	if (c->entry == ENTRY_FEATURE)
		count = sizeof(struct vfio_device_feature_region_access);
	/* vfio_pci_bar_rw() is never called with a count of 0. */
	c->count = count ?: c->entry != ENTRY_MAP;

	/* A count may exceed the BAR, but only COUNT_MAX bytes of it may lie inside. */
	if (left > COUNT_MAX && c->count > COUNT_MAX)
		c->count = 1 + c->count % COUNT_MAX;
	c->cut = c->count < left || c->entry == ENTRY_FEATURE ? c->count : left;
}

static void parse_limits(struct fuzz_case *c, struct input *in)
{
	static const u32 blocks[] = { 128, 0, 8, 16, 24, 64, 100, 256, 512, 4095, 4096 };
	u32 log = take(in, 1) % 16;

	c->limit = log < 13 ? (1U << log) / 2 : 0;
	log = take(in, 1) % 16;
	c->has_id = log >= 8;
	c->id_limit = (1U << log % 8) / 2;
	c->max_width = 1U << take(in, 1) % 4;
	c->maxstbl = blocks[take(in, 1) % ARRAY_SIZE(blocks)];
}

static void parse_hole(struct fuzz_case *c, struct input *in, u64 *flags)
{
	u64 start = take(in, 2), size = take(in, 2);

	if (!flag(flags))
		return;
	/* A hole anywhere in the BAR would hardly ever overlap the request. */
	c->hole_start = (fuzz_window(c) + start % (COUNT_MAX + MARGIN)) & S32_MAX;
	c->hole_size = size % (2 * PAGE + 8);
}

static void parse_user(struct fuzz_case *c, struct input *in)
{
	u32 bad, bytes = c->entry == ENTRY_FEATURE ? c->count : COUNT_MAX;

	c->buf = take(in, 2) % (ARENA - COUNT_MAX);
	c->readable = ~take(in, 1);
	c->writable = ~take(in, 1);
	bad = take(in, 2);
	c->bad_byte = bad ? c->buf + (bad - 1) % bytes : ARENA;
	c->vanish_at = take(in, 2);
	c->vanish_page = take(in, 1) % ARENA_PAGES;
}

static void parse_trouble(struct fuzz_case *c, struct input *in, u64 *flags)
{
	static const int errors[] = { -EIO, -ENXIO, -ENODEV, -EINVAL };
	static const int no_iomap[] = { 0, 0, 0, 0, 0, -EBUSY, -ENOMEM, -ENODEV };

	c->fail_at = take(in, 2);
	/* Prefer the first few accesses, which few inputs would pick. */
	if (c->fail_at & 0x8000)
		c->fail_at = c->fail_at % 8 + 1;
	c->fail_error = errors[take(in, 1) % ARRAY_SIZE(errors)];
	c->decode_off_at = take(in, 1);
	c->signal_at = take(in, 2);
	c->rom_fail_at = take(in, 1);
	c->no_iomap = no_iomap[take(in, 1) % ARRAY_SIZE(no_iomap)];
	c->test_mem = flag(flags);
	c->no_memory = flag(flags);
	c->no_rom = flag(flags);
	c->trace = flag(flags);
	c->kept = flag(flags);
	c->beside = flag(flags);
}

/* Clear what an entry cannot have. */
static void parse_consistent(struct fuzz_case *c)
{
	/* VFIO sets @test_mem for memory BARs only. */
	if (c->entry == ENTRY_VALUE && c->region == REGION_PORT)
		c->test_mem = false;
	/* Only the tables of memory BARs can be made to fail. */
	if (c->region != REGION_MEM || c->entry == ENTRY_MAP || c->entry == ENTRY_ONE)
		c->fail_at = 0;
	if (c->region == REGION_ROM || c->region == REGION_PLATFORM_ROM)
		c->write = false;
	/* The feature needs neither an access nor a buffer; the ROM has no MSI-X table. */
	if (c->entry == ENTRY_FEATURE) {
		c->vanish_at = 0;
		c->kept = false;
		if (c->index == PCI_ROM_RESOURCE)
			c->hole_size = 0;
	}
	/* Callers ask for at most 4 bytes at a port. */
	if (c->entry == ENTRY_MAP && c->region == REGION_PORT)
		c->max_width = min(c->max_width, 4U);
}

static void parse_entry(struct fuzz_case *c, struct input *in)
{
	c->entry = take(in, 1) % ENTRIES;
	c->region = take(in, 1) % REGIONS;
	c->table = take(in, 1) % TABLES;
	if (c->entry != ENTRY_BAR && c->entry != ENTRY_FEATURE && c->region > REGION_PORT)
		c->region = REGION_MEM;
}

/* A value lies in its BAR; drivers pass aligned addresses. */
static void parse_small(struct fuzz_case *c)
{
	if (c->entry == ENTRY_ONE)
		c->off = round_down(c->off, 2);
	else
		c->write = true;
	if (c->size < 16)
		c->size = 16;
	if (c->off > c->size - 8)
		c->off = c->size - 8;
	c->cut = c->count;
}

/* Build a text for bar_max_width= from words, as random characters are hardly ever valid. */
static void parse_text(struct fuzz_case *c, struct input *in)
{
	static const char *const words[] = {
		"4", ",", ":", "1234:5678:", "1014:04ed:8,", "0", "1", "2", "8", "16", "3", "4096",
		"8192", "a", "F", " ", "-", "g", "4x", ";", "0:0:0,", "1234:5678:2,", "12345", "+",
		"\n", "\t", ",\n", ":\n",
	};
	size_t len = 0;

	while (in->left) {
		const char *word = words[take(in, 1) % ARRAY_SIZE(words)];

		if (len + strlen(word) + 2 > TEXT_MAX)
			break;
		len += sprintf(c->text + len, "%s", word);
	}
	if (len % 2)
		strcat(c->text, "\n");
}

void fuzz_parse(struct fuzz_case *c, const u8 *data, size_t size)
{
	struct input in = { data, size };
	u64 flags;

	memset(c, 0, sizeof(*c));
	parse_entry(c, &in);
	if (c->entry == ENTRY_LIMITS) {
		parse_text(c, &in);
		return;
	}
	flags = take(&in, 2);
	c->write = flag(&flags);
	parse_region(c, &in, &flags);
	parse_position(c, &in, &flags);
	parse_count(c, &in);
	parse_limits(c, &in);
	parse_hole(c, &in, &flags);
	parse_user(c, &in);
	parse_trouble(c, &in, &flags);
	c->seed = take(&in, 2);
	c->value = take(&in, 8) ^ 0x1122334455667788ULL;
	if (c->entry == ENTRY_VALUE || c->entry == ENTRY_ONE)
		parse_small(c);
	parse_consistent(c);
}

void fuzz_explain(const struct fuzz_case *c)
{
	static const char *const entries[] = { "bar", "map", "value", "one", "feature",
					       "limits" };
	static const char *const regions[] = { "mem", "port", "rom", "platform-rom", "none" };
	static const char *const tables[] = { "iomem64", "iomem32", "strict", "relaxed" };

	if (c->entry == ENTRY_LIMITS) {
		fprintf(stderr, "case: bar_max_width=%s\n", c->text);
		return;
	}
	fprintf(stderr, "case: %s %s of %s (%s) index %u size %#llx\n", entries[c->entry],
		c->write ? "write" : "read", regions[c->region], tables[c->table], c->index,
		c->size);
	fprintf(stderr, "  pos %#llx (%s shift) off %#llx count %#zx (%zu in the BAR)\n", c->pos,
		c->large ? "large" : "small", c->off, c->count, c->cut);
	if (c->entry == ENTRY_FEATURE)
		fprintf(stderr, "  asked for region %u\n", c->asked);
	fprintf(stderr, "  hole %#llx+%#llx limit %u, by ID %d, wanted %u, maxstbl %u\n",
		c->hole_start, c->hole_size, c->limit, c->has_id ? (int)c->id_limit : -1,
		c->max_width, c->maxstbl);
	fprintf(stderr, "  user %#x readable %#x writable %#x bad byte %#x\n", c->buf,
		c->readable & 0x1f, c->writable & 0x1f, c->bad_byte);
	fprintf(stderr, "  page %u vanishes at access %u\n", c->vanish_page, c->vanish_at);
	fprintf(stderr, "  access %u fails with %d, decode off at %u, signal at %u\n", c->fail_at,
		c->fail_error, c->decode_off_at, c->signal_at);
	fprintf(stderr, "  rom %#llx no map %d enable %u; iomap %d test_mem %d\n",
		c->rom_size, c->no_rom, c->rom_fail_at, c->no_iomap, c->test_mem);
	fprintf(stderr, "  buffer: no memory %d, kept %d, another beside %d\n", c->no_memory,
		c->kept, c->beside);
}

void fuzz_fail(const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "FUZZ FAILED: ");
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, "\n");
	fuzz_explain(&the_case);
	abort();
}

static void compare_accesses(void)
{
	u32 i;

	for (i = 0; i < got.nr && i < want.nr; i++) {
		const struct fuzz_access *a = &got.access[i], *b = &want.access[i];

		if (a->off != b->off || a->width != b->width || a->failed != b->failed)
			fuzz_fail("access %u is %u at %#llx%s, should be %u at %#llx%s", i + 1,
				  a->width, a->off, a->failed ? " failed" : "", b->width, b->off,
				  b->failed ? " failed" : "");
	}
	if (got.nr != want.nr)
		fuzz_fail("%u accesses, should be %u", got.nr, want.nr);
}

static void compare_bytes(const char *what, const u8 *a, const u8 *b, size_t size)
{
	size_t i;

	if (!memcmp(a, b, size))
		return;
	for (i = 0; a[i] == b[i]; i++)
		;
	fuzz_fail("%s: byte %#zx is %02x, should be %02x", what, i, a[i], b[i]);
}

static void compare(void)
{
	compare_accesses();
	if (got.ret != want.ret)
		fuzz_fail("returned %zd, should be %zd", got.ret, want.ret);
	if (got.moved != want.moved)
		fuzz_fail("moved the position by %llu, should be %llu", got.moved, want.moved);
	compare_bytes("the device", got.dev, want.dev, WINDOW);
	compare_bytes("the user's memory", got.user, want.user, ARENA);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_init();

	return 0;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	fuzz_parse(&the_case, data, size);

	switch (the_case.entry) {
	case ENTRY_FEATURE:
		fuzz_check_feature(&the_case, &got);
		break;
	case ENTRY_LIMITS:
		fuzz_check_limits(&the_case);
		break;
	default:
		fuzz_reference(&the_case, &want);
		fuzz_run(&the_case, &got);
		compare();
	}

	return 0;
}
