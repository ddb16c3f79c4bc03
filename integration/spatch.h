/* SPDX-License-Identifier: GPL-2.0-only */
/* For Coccinelle, which does not know these and skips functions that have them. */
#define scoped_guard(...) YACFE_ITERATOR
