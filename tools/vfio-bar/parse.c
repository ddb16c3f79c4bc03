// SPDX-License-Identifier: GPL-2.0-only
/* Parsers of numbers, addresses and payloads. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <linux/vfio.h>

#include "parse.h"

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static unsigned int suffix_shift(char c)
{
	switch (c) {
	case 'k':
	case 'K':
		return 10;
	case 'M':
		return 20;
	case 'G':
		return 30;
	case 'T':
		return 40;
	default:
		return 0;
	}
}

/*
 * Decimal, or hex after 0x; a leading 0 does not mean octal. @suffix allows a unit at the
 * end.
 */
const char *parse_number(const char *text, bool suffix, unsigned long long *number)
{
	unsigned int base = 10;
	unsigned long long sum = 0;
	const char *pos = text;
	int digit;

	if (*pos == '-')
		return "must not be negative";

	if (pos[0] == '0' && (pos[1] == 'x' || pos[1] == 'X')) {
		base = 16;
		pos += 2;
	}

	digit = digit_value(*pos);
	if (digit < 0 || digit >= (int)base)
		return "is not a number";

	for (; digit >= 0 && digit < (int)base; digit = digit_value(*++pos)) {
		if (sum > (~0ULL - digit) / base)
			return "is too large";
		sum = sum * base + digit;
	}

	if (suffix && *pos) {
		unsigned int shift = suffix_shift(*pos);

		if (shift && sum > ~0ULL >> shift)
			return "is too large";
		sum <<= shift;
		pos += shift ? 1 : 0;
	}
	if (*pos)
		return suffix ? "is not a number with an optional k, M, G or T" : "is not a number";

	*number = sum;
	return NULL;
}

/* Parses @min to @max hex digits at *@text and advances it past them. */
static bool take_hex(const char **text, int min, int max, unsigned int *number)
{
	int n;

	*number = 0;
	for (n = 0; n < max && digit_value(**text) >= 0; n++)
		*number = *number << 4 | digit_value(*(*text)++);
	return n >= min;
}

static bool take_char(const char **text, char c)
{
	if (**text != c)
		return false;
	(*text)++;
	return true;
}

const char *parse_bdf(const char *text, char bdf[BDF_LEN])
{
	static const char wrong[] = "is not a PCI address (DDDD:BB:DD.F or BB:DD.F, in hex)";
	unsigned int domain = 0, bus, slot, fn;
	const char *colon = strchr(text, ':');

	if (colon && strchr(colon + 1, ':') &&
	    !(take_hex(&text, 4, 8, &domain) && take_char(&text, ':')))
		return wrong;
	if (!take_hex(&text, 2, 2, &bus) || !take_char(&text, ':') ||
	    !take_hex(&text, 2, 2, &slot) || !take_char(&text, '.') ||
	    !take_hex(&text, 1, 1, &fn) || *text || slot > 0x1f || fn > 7)
		return wrong;

	snprintf(bdf, BDF_LEN, "%04x:%02x:%02x.%x", domain, bus, slot, fn);
	return NULL;
}

const char *parse_bar(const char *text, unsigned int *index)
{
	unsigned long long number;

	if (!strcasecmp(text, "rom")) {
		*index = VFIO_PCI_ROM_REGION_INDEX;
		return NULL;
	}
	if (parse_number(text, false, &number) || number > VFIO_PCI_BAR5_REGION_INDEX)
		return "is not a BAR (0 to 5, or rom)";

	*index = number;
	return NULL;
}

/* VALUE:WIDTH. @bytes gets the value in little endian, the byte order of a BAR. */
const char *parse_value(const char *text, unsigned char bytes[8], size_t *width)
{
	const char *colon = strrchr(text, ':');
	unsigned long long value, number;
	const char *wrong;
	char digits[32];
	size_t i;

	if (!colon)
		return "has no width: append :1, :2, :4 or :8";
	if (parse_number(colon + 1, false, &number) ||
	    (number != 1 && number != 2 && number != 4 && number != 8))
		return "has a width that is not 1, 2, 4 or 8";

	if ((size_t)(colon - text) >= sizeof(digits))
		return "is too long";
	memcpy(digits, text, colon - text);
	digits[colon - text] = '\0';

	wrong = parse_number(digits, false, &value);
	if (wrong)
		return wrong;
	if (number < 8 && value >> (8 * number))
		return "does not fit into its width";

	for (i = 0; i < number; i++)
		bytes[i] = value >> (8 * i);
	*width = number;
	return NULL;
}

/* Pairs of hex digits, first byte first; the caller frees *@bytes. */
const char *parse_hex(const char *text, unsigned char **bytes, size_t *count)
{
	unsigned char *buf;
	size_t digits = 0;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		text += 2;

	buf = calloc(1, strlen(text) / 2 + 1);
	if (!buf)
		return "does not fit into memory";

	for (; *text; text++) {
		int digit = digit_value(*text);

		if (strchr(" \t\n:_", *text))
			continue;
		if (digit < 0) {
			free(buf);
			return "has a character that is not a hex digit";
		}
		buf[digits / 2] = buf[digits / 2] << 4 | digit;
		digits++;
	}
	if (!digits || digits % 2) {
		free(buf);
		return digits ? "has an odd number of hex digits" : "is empty";
	}

	*bytes = buf;
	*count = digits / 2;
	return NULL;
}
