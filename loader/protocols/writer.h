/* SPDX-License-Identifier: MIT */
/*
 * writer.h - writes what a kernel is told: structures, tables and strings, one after the other in
 * a block of memory, with the addresses at which the kernel will see them.
 *
 * How large a block that takes is found by writing: the same code runs with a writer that only
 * counts, then the block is taken, and then it runs again. So it may look at nothing but what is
 * planned already, and it writes through the functions below alone.
 */
#ifndef PROTOCOLS_WRITER_H
#define PROTOCOLS_WRITER_H

#include "core/machine.h"

struct writer {
	uint8_t *bytes;  /* the block, zeroed, at a multiple of a page; NULL: only counts */
	uint64_t window; /* where the kernel sees its first byte */
	uint64_t used;   /* bytes of it */
};

/* A writer that only counts. The addresses that it returns mean nothing, but are not 0. */
struct writer writer_counting(void);

/* A writer to a zeroed block that the kernel sees at `window`. */
struct writer writer_to(uint8_t *bytes, uint64_t window);

/* Room for `size` bytes, zeroed, at a multiple of 8; returns the address at which the kernel sees
 * them, or 0 if there is nothing to see. */
uint64_t writer_reserve(struct writer *writer, uint64_t size);

/* Writes `size` bytes to where the kernel sees address `at`, which is reserved. */
void writer_put(struct writer *writer, uint64_t at, const void *from, uint64_t size);

/* Where the byte lies that the kernel sees at `at`; NULL if that is 0, which is nothing, or if the
 * writer only counts. */
uint8_t *writer_at(const struct writer *writer, uint64_t at);

/* The physical address of the byte that the kernel sees at `at`; 0 if the writer only counts. */
uint64_t writer_physical(const struct writer *writer, const struct machine *machine, uint64_t at);

/* Reserves room for `size` bytes, and writes them; returns as writer_reserve() does. */
uint64_t writer_copy(struct writer *writer, const void *from, uint64_t size);

/* As writer_copy(), at whatever address follows what was written last. */
uint64_t writer_append(struct writer *writer, const void *from, uint64_t size);

/* As writer_copy(), for a zero-terminated string. */
uint64_t writer_string(struct writer *writer, const char *string);

/* Writes some strings as a single one, at whatever address follows what was written last. */
uint64_t writer_join(struct writer *writer, const char *const *parts, unsigned count);

#endif
