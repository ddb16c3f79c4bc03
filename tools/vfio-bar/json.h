/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes JSON to standard output. In an array, @key is NULL. The caller closes what it
 * opens.
 */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>

void json_begin(const char *key, char bracket);
void json_end(char bracket);
void json_string(const char *key, const char *text);
void json_number(const char *key, long long number);
void json_bool(const char *key, bool value);
void json_null(const char *key);

#endif
