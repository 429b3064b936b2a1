/* SPDX-License-Identifier: MIT */
/* overwritten.h - describes memory that a kernel has overwritten. */
#ifndef EXPLAIN_OVERWRITTEN_H
#define EXPLAIN_OVERWRITTEN_H

#include "core/text.h"

/* Appends which bytes of `was` differ in `now`, at physical address `at`, and what they look like:
 * text, all the same, or other data. Appends nothing if none differs. */
void overwritten_write(struct text *text, uint64_t at, struct span was, struct span now);

#endif
