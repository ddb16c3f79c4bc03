/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HELP_H
#define HELP_H

extern const char help_text[];

#endif
