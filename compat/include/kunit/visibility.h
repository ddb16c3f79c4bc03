/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's own header where there is one. Older kernels (5.15) have none and export
 * nothing for suites, so suites cannot be modules there.
 */
#ifndef COMPAT_KUNIT_VISIBILITY_H
#define COMPAT_KUNIT_VISIBILITY_H

#include <linux/kconfig.h>

/* sparse 0.6.4 does not know this and uses the fallback below. */
#ifdef __has_include_next
#if __has_include_next("kunit/visibility.h")
#include_next <kunit/visibility.h>
#endif
#endif

#ifndef VISIBLE_IF_KUNIT

/* As in vfio_pci_io.h: with KUnit, these functions are not static. */
#if IS_ENABLED(CONFIG_KUNIT)
#define VISIBLE_IF_KUNIT
#else
#define VISIBLE_IF_KUNIT static
#endif

#define EXPORT_SYMBOL_IF_KUNIT(symbol)

#endif /* VISIBLE_IF_KUNIT */

#endif /* COMPAT_KUNIT_VISIBILITY_H */
