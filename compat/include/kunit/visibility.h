/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's own where it has one. Older ones (5.15) do not; they export nothing for
 * suites, so those cannot be built as modules there.
 */
#ifndef COMPAT_KUNIT_VISIBILITY_H
#define COMPAT_KUNIT_VISIBILITY_H

#include <linux/kconfig.h>

/* Compilers know this; sparse (0.6.4) does not, and reads what is below. */
#ifdef __has_include_next
#if __has_include_next("kunit/visibility.h")
#include_next <kunit/visibility.h>
#endif
#endif

#ifndef VISIBLE_IF_KUNIT

/* As vfio_pci_io.h declares them: with KUnit, they are not static. */
#if IS_ENABLED(CONFIG_KUNIT)
#define VISIBLE_IF_KUNIT
#else
#define VISIBLE_IF_KUNIT static
#endif

#define EXPORT_SYMBOL_IF_KUNIT(symbol)

#endif /* VISIBLE_IF_KUNIT */

#endif /* COMPAT_KUNIT_VISIBILITY_H */
