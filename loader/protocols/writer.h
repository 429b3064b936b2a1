/* SPDX-License-Identifier: MIT */
/*
 * writer.h - writes what a kernel is told: structures, tables and strings, one behind the other in
 * a block of memory, with the addresses at which the kernel will see them.
 */
#ifndef PROTOCOLS_WRITER_H
#define PROTOCOLS_WRITER_H

#include "core/plan/plan.h"

struct writer {
	struct plan *plan;
	uint8_t *bytes;      /* the block, zeroed, at a multiple of a page */
	uint64_t size, used; /* bytes of it */
	uint64_t window;     /* where the kernel sees the first */
};

/*
 * Room for `size` bytes as *bytes, at a multiple of 8; returns the address at which the kernel sees
 * them, or 0 if there is nothing to see. The block was made large enough before.
 */
uint64_t writer_reserve(struct writer *writer, uint64_t size, void **bytes);

/* Copies `size` bytes; returns the address at which the kernel sees them, or 0 if there are none.
 */
uint64_t writer_copy(struct writer *writer, const void *from, uint64_t size);

/* As writer_copy(), for a zero-terminated string. */
uint64_t writer_string(struct writer *writer, const char *string);

#endif
