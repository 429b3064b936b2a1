/* SPDX-License-Identifier: MIT */
/*
 * writer.h - writes boot information: structures, tables and strings, one after the other in a
 * block of memory, with the addresses at which the kernel will see them.
 *
 * The size of the block is found by a first pass with a writer that only counts; then the block is
 * taken, and the same code runs again. So that code must depend only on what is planned already,
 * and write only through the functions below.
 */
#ifndef PROTOCOLS_WRITER_H
#define PROTOCOLS_WRITER_H

#include "core/machine.h"

struct writer {
	uint8_t *bytes;  /* the block, zeroed, page-aligned; NULL: only counts */
	uint64_t window; /* where the kernel sees its first byte */
	uint64_t used;   /* bytes of it */
};

/* A writer that only counts. It returns dummy addresses that are not 0. */
struct writer writer_counting(void);

/* A writer to a zeroed block that the kernel sees at `window`. */
struct writer writer_to(uint8_t *bytes, uint64_t window);

/* Reserves `size` zeroed bytes, aligned to 8; returns their address for the kernel, or 0 if `size`
 * is 0. */
uint64_t writer_reserve(struct writer *writer, uint64_t size);

/* Writes `size` bytes at the kernel's address `at`, which must be reserved. */
void writer_put(struct writer *writer, uint64_t at, const void *from, uint64_t size);

/* The loader's pointer to the kernel's address `at`; NULL if that is 0, or if the writer only
 * counts. */
uint8_t *writer_at(const struct writer *writer, uint64_t at);

/* The physical address of the byte that the kernel sees at `at`; 0 if the writer only counts. */
uint64_t writer_physical(const struct writer *writer, const struct machine *machine, uint64_t at);

/* Reserves room for `size` bytes, and writes them; returns as writer_reserve() does. */
uint64_t writer_copy(struct writer *writer, const void *from, uint64_t size);

/* As writer_copy(), but unaligned, right after what was written last. */
uint64_t writer_append(struct writer *writer, const void *from, uint64_t size);

/* As writer_copy(), for a zero-terminated string. */
uint64_t writer_string(struct writer *writer, const char *string);

/* Writes several strings as one, right after what was written last. */
uint64_t writer_join(struct writer *writer, const char *const *parts, unsigned count);

#endif
