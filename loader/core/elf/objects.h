/* SPDX-License-Identifier: MIT */
/*
 * objects.h - where in a kernel something may stand that is known by its first bytes only. Looking
 * at every byte takes long; but whatever a compiler or an assembler makes has a symbol, so of a
 * large kernel only the surroundings of symbols need be looked at, if it has them. Knows nothing of
 * what is looked for.
 */
#ifndef CORE_ELF_OBJECTS_H
#define CORE_ELF_OBJECTS_H

#include "core/elf/headers.h"

/* Of a range of addresses, as linked, the parts that are worth a look, one by one. Larger than some
 * KiB of stack only if OBJECT_BLOCKS is. */
struct objects {
	struct virt_range range;
	uint64_t at;    /* distance from its beginning to what has not been given yet */
	bool all;       /* it is small */
	unsigned shift; /* a block has so many bits of address */
#define OBJECT_BLOCKS 4096
	uint8_t blocks[OBJECT_BLOCKS / 8 + 1]; /* a bit for each: a symbol is near */
};

/*
 * Begins with a range. All of it is one part if it has less than 1 MiB. Else the parts are what
 * lies within 64 KiB of an object or a label, before it and after its beginning and its end.
 * Functions do not count: nothing but code begins with one. Without symbols that a named source
 * file keeps to itself, what is outside of objects is worth a look as well.
 */
void objects_begin(struct objects *objects, const struct elf *elf, struct virt_range range);

/* The next part, in ascending order; false after the last. */
bool objects_next(struct objects *objects, struct virt_range *part);

/* True if what is looked for begins in the first `size` of the bytes, the first of which is loaded
 * at address `at`. */
typedef bool object_test(struct span bytes, uint64_t size, uint64_t at, void *context);

/* Looks through the parts of what the file has of the addresses, segment by segment, and in each
 * through no more than `most` bytes, until the test says true. */
bool objects_search(const struct elf *elf, struct virt_range range, uint64_t most,
                    object_test *test, void *context);

#endif
