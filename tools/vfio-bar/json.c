// SPDX-License-Identifier: GPL-2.0-only
/* Writes JSON to standard output. */
#include <stdbool.h>
#include <stdio.h>

#include "json.h"

static unsigned int depth;
static bool is_first = true;

/* The length of the multibyte UTF-8 character at @text, 0 if there is none. */
static size_t utf8_length(const char *text)
{
	static const unsigned int least[] = { [2] = 0x80, [3] = 0x800, [4] = 0x10000 };
	unsigned char c = *text;
	size_t i, n = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	unsigned int value = c & (0x7f >> n);

	if (c < 0xc0 || c > 0xf7)
		return 0;
	for (i = 1; i < n; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (text[i] & 0x3f);
	}
	if (value < least[n] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
		return 0;
	return n;
}

/* A task's name can have any bytes, and the kernel may cut it inside a character. */
static void print_text(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		size_t n = utf8_length(text);
		unsigned char c = *text;

		if (n) {
			fwrite(text, 1, n, stdout);
			text += n - 1;
		} else if (c == '"' || c == '\\') {
			printf("\\%c", c);
		} else if (c < 0x20 || c >= 0x7f) {
			printf("\\u%04x", c);
		} else {
			putchar(c);
		}
	}
	putchar('"');
}

static void begin_value(const char *key)
{
	if (depth)
		printf("%s\n%*s", is_first ? "" : ",", 2 * depth, "");
	is_first = false;
	if (key) {
		print_text(key);
		printf(": ");
	}
}

void json_begin(const char *key, char bracket)
{
	begin_value(key);
	putchar(bracket);
	depth++;
	is_first = true;
}

void json_end(char bracket)
{
	depth--;
	if (!is_first)
		printf("\n%*s", 2 * depth, "");
	putchar(bracket);
	is_first = false;
	if (!depth)
		putchar('\n');
}

void json_string(const char *key, const char *text)
{
	begin_value(key);
	print_text(text);
}

void json_number(const char *key, long long number)
{
	begin_value(key);
	printf("%lld", number);
}

void json_bool(const char *key, bool value)
{
	begin_value(key);
	printf(value ? "true" : "false");
}

void json_null(const char *key)
{
	begin_value(key);
	printf("null");
}
