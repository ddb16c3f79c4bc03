/* SPDX-License-Identifier: GPL-2.0-only */
/* Parsers of arguments. Each returns NULL, or says what is wrong with the text. */
#ifndef PARSE_H
#define PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "function.h"

const char *parse_number(const char *text, bool suffix, unsigned long long *number);
const char *parse_bdf(const char *text, char bdf[BDF_LEN]);
const char *parse_bar(const char *text, unsigned int *index);
const char *parse_value(const char *text, unsigned char bytes[8], size_t *width);
const char *parse_hex(const char *text, unsigned char **bytes, size_t *count);

#endif
