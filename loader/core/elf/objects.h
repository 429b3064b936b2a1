/* SPDX-License-Identifier: MIT */
/*
 * objects.h - which parts of a kernel to search for something that is known by its first bytes
 * only. Searching every byte takes long; but whatever a compiler or an assembler makes has a
 * symbol, so in a large kernel with symbols only their surroundings are searched. Knows nothing of
 * what is looked for.
 */
#ifndef CORE_ELF_OBJECTS_H
#define CORE_ELF_OBJECTS_H

#include "core/elf/headers.h"

/* Iterates over the parts of a range of addresses, as linked, that have to be searched. */
struct objects {
	struct virt_range range;
	uint64_t at;    /* offset in the range of what has not been returned yet */
	bool all;       /* the range is small, and returned as a whole */
	unsigned shift; /* log2 of the bytes of a block */
#define OBJECT_BLOCKS 4096
	uint8_t blocks[OBJECT_BLOCKS / 8 + 1]; /* a bit for each: a symbol is near */
};

/*
 * Begins with a range. A range of less than 1 MiB is one part. Otherwise the parts are what lies
 * within 64 KiB of the beginning or the end of an object, or of a label. Functions do not count:
 * only code begins with one. If static symbols have been stripped, everything outside of objects is
 * part of the search as well.
 */
void objects_begin(struct objects *objects, const struct elf *elf, struct virt_range range);

/* The next part, in ascending order; false after the last. */
bool objects_next(struct objects *objects, struct virt_range *part);

/* True if what is looked for begins in the first `size` of the bytes, the first of which is loaded
 * at address `at`. */
typedef bool object_test(struct span bytes, uint64_t size, uint64_t at, void *context);

/* Searches the bytes that the file has for `range`, segment by segment, at most `most` bytes in
 * each: calls the test for each part, until one returns true. False if none does. */
bool objects_search(const struct elf *elf, struct virt_range range, uint64_t most,
                    object_test *test, void *context);

/* True if what is looked for may have this byte. */
typedef bool byte_test(const uint8_t *at, const void *context);

/*
 * The first index from `at` on, in steps of 16, at which the test is true; `end` or more if there
 * is none. Searches large kernels: to be used in a function of its own, so that its variables stay
 * in registers, with a test that is inlined as well.
 */
static inline __attribute__((always_inline)) size_t objects_skip(const uint8_t *from, size_t at,
                                                                 size_t end, byte_test *test,
                                                                 const void *context)
{
	while (at + 48 < end && !test(from + at, context) && !test(from + at + 16, context)
	       && !test(from + at + 32, context) && !test(from + at + 48, context))
		at += 64;
	while (at < end && !test(from + at, context))
		at += 16;
	return at;
}

#endif
