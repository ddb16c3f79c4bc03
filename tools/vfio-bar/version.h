/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VERSION_H
#define VERSION_H

/* The Makefile defines it. */
#ifndef VFIO_BAR_VERSION
#define VFIO_BAR_VERSION "unknown"
#endif

#endif
