/* SPDX-License-Identifier: GPL-2.0-only */
/* Signals that end the program, after it has restored what it changed. */
#ifndef STOP_H
#define STOP_H

#include <stdbool.h>

void stop_catch(void);
bool stop_asked(void);
void stop_if_asked(void);

#endif
