// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reference: the outcome of a case by the contract, by brute force.
 *
 * It works byte by byte and width by width and does not call the code under test. Neither
 * does KUnit's reference, from which it takes the possible accesses.
 */
#include "fuzz.h"
#include "../../kunit/vfio_pci_io_ref.h"

/* Alignment repeats with every page; KUnit's reference is for small offsets. */
#define REF_OFF(off)	((u32)((off) % (1U << 20)))

struct ref {
	const struct fuzz_case *c;
	struct fuzz_outcome *out;
	struct ref_bar rules;
	/* Memory decode gates the accesses. */
	bool mem;
	bool rom;
	bool signal;
	u64 hole_start;
	u64 hole_size;
	u32 sections;
	u32 rom_enabled;
};

void fuzz_decode_position(const struct fuzz_case *c, u32 *index, u64 *off)
{
	const u64 tib = 1024ULL * 1024 * 1024 * 1024;
	const u64 region = c->large ? 64 * 1024 * tib : tib;

	*index = c->pos / region;
	*off = c->pos % region;
}

/* ---- which accesses ---- */

static u32 table_max(const struct fuzz_case *c, bool write)
{
	if (c->region == REGION_PORT)
		return 4;
	if (c->region == REGION_ROM || c->region == REGION_PLATFORM_ROM)
		return 4;
	if (c->entry == ENTRY_MAP || c->entry == ENTRY_ONE || c->table == TABLE_IOMEM64)
		return 8;
	if (c->table == TABLE_IOMEM32)
		return 4;
	if (!write || c->maxstbl < 8)
		return 8;

	return c->maxstbl < 4096 ? c->maxstbl : 4096;
}

static struct ref_bar rules_of(const struct fuzz_case *c, bool write)
{
	bool zpci = c->region == REGION_MEM && c->entry != ENTRY_MAP && c->entry != ENTRY_ONE;
	struct ref_bar rules = { .max = table_max(c, write), .rule = REF_NATURAL, .boundary = 8 };

	if (c->entry != ENTRY_ONE)
		rules.max = ref_lower_limit(rules.max, c->has_id ? c->id_limit : c->limit);
	if (c->entry == ENTRY_MAP)
		rules.max = ref_lower_limit(rules.max, c->max_width);

	if (zpci && c->table == TABLE_STRICT && write)
		rules.rule = REF_BLOCK;
	if (zpci && c->table == TABLE_RELAXED)
		rules.rule = REF_ANY;
	if (zpci && write && c->table >= TABLE_STRICT)
		rules.boundary = PAGE;

	return rules;
}

static bool in_hole(const struct ref *r, u64 off)
{
	return off >= r->hole_start && off < r->hole_start + r->hole_size;
}

bool fuzz_is_one_access(const struct fuzz_case *c, u64 off, u32 count, bool write)
{
	struct ref r = {
		.rules = rules_of(c, write),
		.hole_start = c->hole_start,
		.hole_size = c->hole_size,
	};
	u32 i;

	if (count > r.rules.max || !ref_aligned(&r.rules, REF_OFF(off), count))
		return false;
	for (i = 0; i < count; i++)
		if (in_hole(&r, off + i))
			return false;

	return true;
}

/* Does a request need the device's bounce buffer, or does one on the stack do? */
static bool needs_bounce(const struct ref *r, u64 off, size_t count)
{
	const struct fuzz_case *c = r->c;
	u32 i;

	if (count > 64)
		return true;
	if (!count || c->region != REGION_MEM || c->table < TABLE_STRICT || c->entry != ENTRY_BAR)
		return false;
	/* With instructions, every request needs it but a single register access. */
	if (count > 8 || (count & (count - 1)) || count > r->rules.max ||
	    !ref_aligned(&r->rules, REF_OFF(off), count))
		return true;
	for (i = 0; i < count; i++)
		if (in_hole(r, off + i))
			return true;

	return false;
}

static u32 widest(const struct ref *r, u64 off, u32 left)
{
	u32 width, room = 0;

	while (room < left && room < r->rules.max && !in_hole(r, off + room))
		room++;
	for (width = room; width > 1; width--)
		if (ref_aligned(&r->rules, REF_OFF(off), width))
			break;

	return width;
}

/* ---- what a chunk does ---- */

static bool user_page(const struct ref *r, u32 at, bool write)
{
	const struct fuzz_case *c = r->c;
	u32 page = at / PAGE;

	if (c->vanish_at && r->out->nr >= c->vanish_at && page == c->vanish_page)
		return false;

	return at != c->bad_byte && ((write ? c->writable : c->readable) >> page & 1);
}

static bool signal_pending(const struct ref *r)
{
	return r->signal || (r->c->signal_at && r->out->nr + 1 >= r->c->signal_at);
}

/* Is memory decode on in this section of memory_lock? */
static bool decode_on(struct ref *r)
{
	if (!r->mem)
		return true;
	r->sections++;

	return !r->c->decode_off_at || r->sections < r->c->decode_off_at;
}

static ssize_t accesses(struct ref *r, u64 off, u8 *buf, u32 count)
{
	struct fuzz_outcome *out = r->out;
	u32 done = 0;

	while (done < count) {
		u8 *dev = &out->dev[off + done - fuzz_window(r->c)];
		u32 width;

		if (in_hole(r, off + done)) {
			if (!r->c->write)
				buf[done] = 0xff;
			done++;
			continue;
		}
		width = widest(r, off + done, count - done);
		out->access[out->nr].off = off + done;
		out->access[out->nr].width = width;
		out->access[out->nr].failed = out->nr + 1 == r->c->fail_at;
		if (out->access[out->nr++].failed)
			return done ? (ssize_t)done : r->c->fail_error;
		if (r->c->write)
			memcpy(dev, buf + done, width);
		else
			memcpy(buf + done, dev, width);
		done += width;
	}

	return done;
}

static ssize_t chunk_accesses(struct ref *r, u64 off, u8 *buf, u32 len)
{
	u32 i;

	for (i = 0; i < len && in_hole(r, off + i); i++)
		;
	if (i == len)
		return accesses(r, off, buf, len);

	if (!decode_on(r))
		return -EIO;
	if (r->rom && ++r->rom_enabled == r->c->rom_fail_at)
		return -EIO;

	return accesses(r, off, buf, len);
}

static ssize_t write_chunk(struct ref *r, u32 at, u64 off, u32 len)
{
	u8 buf[PAGE];
	u32 i;

	for (i = 0; i < len; i++) {
		if (!user_page(r, at + i, false))
			return -EFAULT;
		buf[i] = r->out->user[at + i];
	}

	return chunk_accesses(r, off, buf, len);
}

static ssize_t read_chunk(struct ref *r, u32 at, u64 off, u32 len)
{
	u8 buf[PAGE];
	ssize_t ret, i;

	ret = chunk_accesses(r, off, buf, len);
	for (i = 0; i < ret; i++) {
		if (!user_page(r, at + i, true))
			return i ?: -EFAULT;
		r->out->user[at + i] = buf[i];
	}

	return ret;
}

static u32 chunk_len(u64 off, size_t left)
{
	u32 len = 1;

	while (len < left && (off + len) % PAGE != 0)
		len++;

	return len;
}

static ssize_t user_rw(struct ref *r, u64 off, size_t count)
{
	size_t done = 0;

	if (r->c->no_memory && !r->c->kept && needs_bounce(r, off, count))
		return -ENOMEM;

	while (done < count) {
		u32 len = chunk_len(off + done, count - done);
		u32 at = r->c->buf + done;
		ssize_t ret = r->c->write ? write_chunk(r, at, off + done, len) :
					    read_chunk(r, at, off + done, len);

		if (ret < 0)
			return done ? (ssize_t)done : ret;
		done += ret;
		if (ret < (ssize_t)len || signal_pending(r))
			break;
	}

	return done;
}

/* ---- entry points for the fuzzer ---- */

static void set_hole(struct ref *r, u64 start, u64 size)
{
	r->hole_start = start;
	r->hole_size = size;
}

bool fuzz_needs_bounce(const struct fuzz_case *c)
{
	struct ref r = { .c = c, .rules = rules_of(c, c->write) };

	set_hole(&r, c->hole_start, c->hole_size);

	return (c->entry == ENTRY_BAR || c->entry == ENTRY_MAP) && needs_bounce(&r, c->off, c->cut);
}

bool fuzz_claimed_unmapped(const struct fuzz_case *c)
{
	return c->no_iomap == -ENODEV && c->seed % 4 == 3;
}

/* Instructions need no map, but a BAR that another driver has claimed is -EBUSY. */
static int map_bar(struct ref *r)
{
	const struct fuzz_case *c = r->c;
	bool zpci = c->region == REGION_MEM && c->table >= TABLE_STRICT;

	if (zpci)
		return c->no_iomap == -EBUSY || fuzz_claimed_unmapped(c) ? -EBUSY : 0;

	return c->no_iomap;
}

static ssize_t map_rom(struct ref *r)
{
	const struct fuzz_case *c = r->c;

	r->rom = c->region == REGION_ROM;
	r->mem = r->rom;
	if (!decode_on(r))
		return -EIO;
	if (c->no_rom)
		return -ENOMEM;
	r->signal = r->rom && c->signal_at == SIGNAL_MAPPING;
	set_hole(r, c->rom_size, c->size - c->rom_size);

	return 0;
}

static ssize_t bar_rw(struct ref *r)
{
	const struct fuzz_case *c = r->c;
	size_t count;
	ssize_t ret;
	u32 index;
	u64 off;

	fuzz_decode_position(c, &index, &off);
	if (index != c->index || c->region == REGION_NONE || off >= c->size)
		return -EINVAL;
	count = c->count < c->size - off ? c->count : c->size - off;

	if (index == PCI_ROM_RESOURCE) {
		ret = map_rom(r);
		if (ret)
			return ret;
	} else {
		ret = map_bar(r);
		if (ret)
			return ret;
		r->mem = c->region == REGION_MEM;
		set_hole(r, c->hole_start, c->hole_size);
	}

	ret = user_rw(r, off, count);
	if (ret > 0)
		r->out->moved = ret;

	return ret;
}

static ssize_t map_rw(struct ref *r)
{
	r->mem = r->c->test_mem;
	set_hole(r, r->c->hole_start, r->c->hole_size);

	return user_rw(r, r->c->off, r->c->cut);
}

/* A write of bytes that are in the kernel already. */
static ssize_t kernel_write(struct ref *r, const void *bytes)
{
	u8 buf[8];

	memcpy(buf, bytes, 8);

	return chunk_accesses(r, r->c->off, buf, r->c->count);
}

static ssize_t write_value(struct ref *r)
{
	ssize_t ret = map_bar(r);

	if (ret)
		return ret;
	r->mem = r->c->test_mem;
	set_hole(r, r->c->hole_start, r->c->hole_size);
	ret = kernel_write(r, &r->c->value);
	if (ret < 0)
		return ret;

	return ret == (ssize_t)r->c->count ? 0 : -EIO;
}

static ssize_t one_access(struct ref *r)
{
	ssize_t ret;

	r->mem = r->c->test_mem;
	if (r->c->write)
		ret = kernel_write(r, &r->c->value);
	else
		ret = chunk_accesses(r, r->c->off, r->out->user, r->c->count);

	return ret < 0 ? ret : 0;
}

void fuzz_reference(const struct fuzz_case *c, struct fuzz_outcome *want)
{
	struct ref r = { .c = c, .out = want, .rules = rules_of(c, c->write) };

	fuzz_fill(c, want);
	switch (c->entry) {
	case ENTRY_BAR:
		want->ret = bar_rw(&r);
		break;
	case ENTRY_MAP:
		want->ret = map_rw(&r);
		break;
	case ENTRY_VALUE:
		want->ret = write_value(&r);
		break;
	default:
		want->ret = one_access(&r);
	}
}

bool fuzz_feature_can(const struct fuzz_case *c, bool write)
{
	struct ref r = { .c = c };
	u32 i;

	for (i = 0; i < c->cut; i++)
		if (!user_page(&r, c->buf + i, write))
			return false;

	return true;
}

int fuzz_reference_feature(const struct fuzz_case *c)
{
	if (!fuzz_feature_can(c, false))
		return -EFAULT;
	if (c->region == REGION_NONE || c->asked != c->index)
		return -ENOTTY;

	return fuzz_feature_can(c, true) ? 0 : -EFAULT;
}

/* ---- bar_max_width= ---- */

/* One to four digits and nothing else, not even the blanks that sscanf() skips. */
static bool ref_number(const char *text, size_t len, const char *digits, u32 *val)
{
	u32 nr = 0;

	for (*val = 0; nr < len && strchr(digits, text[nr] | 0x20); nr++)
		*val = *val * (strlen(digits) > 10 ? 16 : 10) +
		       (strchr(digits, text[nr] | 0x20) - digits);

	return nr == len && nr >= 1 && nr <= 4;
}

static bool ref_limit(const char *text, size_t len, u32 *width)
{
	return ref_number(text, len, "0123456789", width) &&
	       (*width == 0 || (*width <= 4096 && ref_power_of_two(*width)));
}

/* The start of each part that @by separates, and where one after the last would start. */
static u32 ref_split(const char *text, size_t len, char by, const char **part, u32 max)
{
	u32 nr = 0;
	size_t i;

	part[nr++] = text;
	for (i = 0; i < len; i++) {
		if (text[i] == by && nr < max)
			part[nr++] = text + i + 1;
	}
	part[nr] = text + len + 1;

	return nr;
}

static bool ref_limits_entry(const char *text, size_t len, struct fuzz_limits *limits)
{
	u32 nr, vendor, device, width;
	const char *part[5];

	if (!len || strchr(" \t\n", *text))
		return false;
	nr = ref_split(text, len, ':', part, 4);
	if (nr == 1)
		return ref_limit(text, len, &limits->width);
	if (nr != 3 || limits->nr == LIMIT_IDS ||
	    !ref_number(part[0], part[1] - part[0] - 1, "0123456789abcdef", &vendor) ||
	    !ref_number(part[1], part[2] - part[1] - 1, "0123456789abcdef", &device) ||
	    !ref_limit(part[2], part[3] - part[2] - 1, &width))
		return false;
	limits->id[limits->nr].vendor = vendor;
	limits->id[limits->nr].device = device;
	limits->id[limits->nr++].width = width;

	return true;
}

bool fuzz_reference_limits(const char *text, struct fuzz_limits *limits)
{
	const char *part[TEXT_MAX + 1];
	size_t len = strlen(text);
	u32 nr, i;

	memset(limits, 0, sizeof(*limits));
	if (len && text[len - 1] == '\n')
		len--;
	nr = ref_split(text, len, ',', part, TEXT_MAX);
	for (i = 0; i < nr; i++) {
		if (!ref_limits_entry(part[i], part[i + 1] - part[i] - 1, limits))
			return false;
	}

	return true;
}
