/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reference: which accesses a request must become, by brute force.
 *
 * It tries byte by byte and width by width, and shares neither code nor approach with
 * the code under test. It is slow, and for small offsets only.
 */
#ifndef VFIO_PCI_IO_REF_H
#define VFIO_PCI_IO_REF_H

#include <linux/types.h>

#define REF_MAX_COUNT	128

/**
 * enum ref_rule - which accesses exist
 * @REF_NATURAL: those of a power of two, naturally aligned
 * @REF_BLOCK: these up to 8 bytes, and blocks of aligned doublewords above
 * @REF_ANY: all
 */
enum ref_rule {
	REF_NATURAL,
	REF_BLOCK,
	REF_ANY,
};

/**
 * struct ref_bar - the rules for one BAR and one direction
 * @max: widest access
 * @hole_start: first byte of the hole
 * @hole_size: bytes in the hole, 0 for none
 * @rule: which accesses exist
 * @boundary: no access crosses a multiple of this; not checked for natural ones
 */
struct ref_bar {
	u32 max;
	u32 hole_start;
	u32 hole_size;
	enum ref_rule rule;
	u32 boundary;
};

/**
 * struct ref_plan - all accesses of one request
 * @nr: accesses
 * @access: in the order in which they happen
 */
struct ref_plan {
	u32 nr;
	struct {
		u16 off;
		u16 width;
	} access[REF_MAX_COUNT];
};

/* @wanted of 0 is no limit. */
static inline u32 ref_lower_limit(u32 table, u32 wanted)
{
	if (wanted == 0)
		return table;
	if (wanted < table)
		return wanted;
	return table;
}

static inline bool ref_in_hole(const struct ref_bar *bar, u32 byte)
{
	return bar->hole_size > 0 && byte >= bar->hole_start &&
	       byte < bar->hole_start + bar->hole_size;
}

static inline bool ref_power_of_two(u32 width)
{
	u32 power = 1;

	while (power < width)
		power = power + power;

	return power == width;
}

static inline bool ref_natural(u32 off, u32 width)
{
	return ref_power_of_two(width) && off % width == 0;
}

static inline bool ref_inside(const struct ref_bar *bar, u32 off, u32 width)
{
	return off / bar->boundary == (off + width - 1) / bar->boundary;
}

static inline bool ref_aligned(const struct ref_bar *bar, u32 off, u32 width)
{
	if (bar->rule == REF_ANY)
		return ref_inside(bar, off, width);
	if (bar->rule == REF_BLOCK && width > 8)
		return off % 8 == 0 && width % 8 == 0 && ref_inside(bar, off, width);

	return ref_natural(off, width);
}

/* May an access of @width bytes begin at @off if the request ends at @end? */
static inline bool ref_allowed(const struct ref_bar *bar, u32 off, u32 end, u32 width)
{
	u32 byte;

	if (width > bar->max || !ref_aligned(bar, off, width))
		return false;

	for (byte = off; byte < off + width; byte++) {
		if (byte >= end || ref_in_hole(bar, byte))
			return false;
	}

	return true;
}

/* The widest access at @off, 0 if none is possible. */
static inline u32 ref_width(const struct ref_bar *bar, u32 off, u32 end)
{
	u32 width;

	for (width = bar->max; width > 0; width--) {
		if (ref_allowed(bar, off, end, width))
			break;
	}

	return width;
}

static inline void ref_plan(struct ref_plan *plan, const struct ref_bar *bar,
			    u32 off, u32 count)
{
	u32 end = off + count;

	plan->nr = 0;
	while (off < end) {
		u32 width = ref_width(bar, off, end);

		if (width == 0) {
			off++;
			continue;
		}

		plan->access[plan->nr].off = off;
		plan->access[plan->nr].width = width;
		plan->nr++;
		off += width;
	}
}

/*
 * The fewest accesses that can carry the request with any sequence of widths: from the
 * end of the request to its start, the minimum over all widths.
 */
static inline u32 ref_fewest(const struct ref_bar *bar, u32 off, u32 count)
{
	u16 fewest[REF_MAX_COUNT + 1];
	u32 end = off + count;
	u32 i, width;

	fewest[count] = 0;
	for (i = count; i > 0; i--) {
		u32 byte = off + i - 1;
		u16 *best = &fewest[i - 1];

		if (ref_in_hole(bar, byte)) {
			*best = fewest[i];
			continue;
		}

		*best = 1 + fewest[i];
		for (width = 2; width <= bar->max && byte + width <= end; width++) {
			if (ref_allowed(bar, byte, end, width) &&
			    1 + fewest[i - 1 + width] < *best)
				*best = 1 + fewest[i - 1 + width];
		}
	}

	return fewest[0];
}

#endif /* VFIO_PCI_IO_REF_H */
