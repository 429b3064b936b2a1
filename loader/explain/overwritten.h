/* SPDX-License-Identifier: MIT */
/* overwritten.h - what has become of memory that a kernel has written over. */
#ifndef EXPLAIN_OVERWRITTEN_H
#define EXPLAIN_OVERWRITTEN_H

#include "core/text.h"

/* Says which of the bytes of `was` are others in `now`, at physical address `at`, and what they
 * look like: text, all the same, or anything. Nothing if none is. */
void overwritten_write(struct text *text, uint64_t at, struct span was, struct span now);

#endif
