/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RUN_H
#define RUN_H

int run_program(char *const argv[], const int files[3]);

#endif
