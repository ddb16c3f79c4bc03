// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reference: what the contract says must come of a case, in the most naive way.
 *
 * It works byte by byte and width by width and calls nothing of the code under test.
 * Which accesses there are is said by KUnit's reference, which does neither.
 */
#include "fuzz.h"
#include "../../kunit/vfio_pci_io_ref.h"

/* Alignment repeats with every page; KUnit's reference is for small offsets. */
#define REF_OFF(off)	((u32)((off) % (1U << 20)))

struct ref {
	const struct fuzz_case *c;
	struct fuzz_outcome *out;
	struct ref_bar rules;
	/* Memory decode gates it. */
	bool mem;
	bool rom;
	bool signal;
	u64 hole_start;
	u64 hole_size;
	u32 sections;
	u32 rom_enabled;
};

void fuzz_decode_position(u64 pos, u32 *index, u64 *off)
{
	const u64 tib = 1024ULL * 1024 * 1024 * 1024, large = 4 * 1024 * 1024 * tib;
	const u64 bar = 64 * 1024 * tib;

	if (pos < large || pos >= 2 * large) {
		*index = pos / tib;
		*off = pos % tib;
		return;
	}
	*index = (pos - large) / bar;
	*off = (pos - large) % bar;
	if (*index > 5)
		*index = S32_MAX;
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
	u32 cap = c->entry == ENTRY_ONE ? 0 : c->cap;
	struct ref_bar rules = { .max = table_max(c, write), .rule = REF_NATURAL, .boundary = 8 };

	rules.max = ref_lower_limit(rules.max, cap);
	rules.max = ref_lower_limit(rules.max, c->entry == ENTRY_ONE ? 0 : c->cap_id);
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
	struct ref_bar rules = rules_of(c, write);

	return count <= rules.max && ref_aligned(&rules, REF_OFF(off), count);
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

static bool user_proven(const struct ref *r, u32 at)
{
	return user_page(r, at, false) && user_page(r, at, true);
}

static bool signal_pending(const struct ref *r)
{
	return r->signal || (r->c->signal_at && r->out->nr + 1 >= r->c->signal_at);
}

/* Whether memory decode lets the accesses of a section through. */
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
			return done ? (ssize_t)done : (r->c->fail_error ?: -EIO);
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

	if (r->rom && signal_pending(r))
		return -EINTR;
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

static bool destination_proven(const struct ref *r, u32 at, u32 len)
{
	if (!user_proven(r, at))
		return false;

	return at / PAGE == (at + len - 1) / PAGE || user_proven(r, at + len - 1);
}

/* A request that is one access comes to the user by one store: whole or not at all. */
static bool stored_as_one(const struct ref *r, u64 off, size_t len)
{
	return !r->rom && (len == 1 || len == 2 || len == 4 || len == 8) && off % len == 0 &&
	       !in_hole(r, off) && widest(r, off, len) == len;
}

/* It is proven as it will be stored. */
static bool register_proven(const struct ref *r, u32 at, u32 len)
{
	u32 i;

	for (i = 0; i < len && user_proven(r, at + i); i++)
		;

	return i == len;
}

static ssize_t read_chunk(struct ref *r, u32 at, u64 off, u32 len, bool one)
{
	bool proven = one ? register_proven(r, at, len) : destination_proven(r, at, len);
	u8 buf[PAGE];
	ssize_t ret, i;

	if (!proven)
		return -EFAULT;
	ret = chunk_accesses(r, off, buf, len);
	for (i = 0; i < ret && one; i++) {
		if (!user_page(r, at + i, true))
			return -EFAULT;
	}
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

/* A block always; half a KiB where accesses cannot cross a page of any buffer. */
static bool needs_no_memory(const struct ref *r, u64 off, size_t count)
{
	return count <= 64 || (count <= 512 && off / PAGE == (off + count - 1) / PAGE &&
			      r->rules.rule == REF_NATURAL && table_max(r->c, r->c->write) <= 8);
}

static ssize_t user_rw(struct ref *r, u64 off, size_t count)
{
	bool one = stored_as_one(r, off, count);
	size_t done = 0;

	if (r->c->no_memory && !needs_no_memory(r, off, count))
		return -ENOMEM;

	while (done < count) {
		u32 len = chunk_len(off + done, count - done);
		u32 at = r->c->buf + done;
		ssize_t ret = r->c->write ? write_chunk(r, at, off + done, len) :
					    read_chunk(r, at, off + done, len, one);

		if (ret < 0)
			return done ? (ssize_t)done : ret;
		done += ret;
		if (ret < (ssize_t)len || signal_pending(r))
			break;
	}

	return done;
}

/* ---- the entries ---- */

static void set_hole(struct ref *r, u64 start, u64 size)
{
	r->hole_start = start;
	r->hole_size = size;
}

static ssize_t map_rom(struct ref *r)
{
	const struct fuzz_case *c = r->c;

	r->rom = c->region == REGION_ROM;
	r->mem = r->rom;
	if (r->rom && c->no_rom_lock)
		return -ENOMEM;
	if (r->rom && signal_pending(r))
		return -EINTR;
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

	fuzz_decode_position(c->pos, &index, &off);
	if (index != c->index || c->region == REGION_NONE || off >= c->size)
		return -EINVAL;
	count = c->count < c->size - off ? c->count : c->size - off;

	if (index == PCI_ROM_RESOURCE) {
		if (!destination_proven(r, c->buf, chunk_len(off, count)))
			return -EFAULT;
		ret = map_rom(r);
		if (ret)
			return ret;
	} else {
		if (c->no_iomap)
			return c->no_iomap;
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

/* Bytes that are in the kernel already. */
static ssize_t kernel_write(struct ref *r, const void *bytes)
{
	u8 buf[8];

	memcpy(buf, bytes, 8);
	if (!decode_on(r))
		return -EIO;

	return accesses(r, r->c->off, buf, r->c->count);
}

static ssize_t write_value(struct ref *r)
{
	ssize_t ret;

	if (r->c->no_iomap)
		return r->c->no_iomap;
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
	else if (decode_on(r))
		ret = accesses(r, r->c->off, r->out->user, r->c->count);
	else
		ret = -EIO;

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
