/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Error messages.
 *
 * In all of vfio-bar, functions that return int return 0 on success and a negative value
 * on failure unless their comment says otherwise. The function that detects a failure
 * reports it with complain(); its callers only return the value.
 */
#ifndef COMPLAIN_H
#define COMPLAIN_H

#include "macros.h"

int complain(const char *fmt, ...) __printf(1, 2);

#endif
