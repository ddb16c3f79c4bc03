/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MACROS_H
#define MACROS_H

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#define __printf(fmt, args)	__attribute__((format(printf, fmt, args)))

#endif
