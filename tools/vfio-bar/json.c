// SPDX-License-Identifier: GPL-2.0-only
/* Writes JSON to standard output. */
#include <stdbool.h>
#include <stdio.h>

#include "json.h"

static unsigned int depth;
static bool is_first = true;

static void print_text(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		unsigned char c = *text;

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < 0x20 || c >= 0x7f)
			printf("\\u%04x", c);
		else
			putchar(c);
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
