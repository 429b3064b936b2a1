/* SPDX-License-Identifier: MIT */
/* functions.h - the pieces of a kernel's code, and what is counted in them. A function is what its
 * symbol says it is. */
#ifndef HOST_FUNCTIONS_H
#define HOST_FUNCTIONS_H

#include "core/elf/symbols.h"
#include "core/plan/plan.h"

/* A piece of code that is walked from its first to its last byte. */
struct function {
	uint64_t begin;
	struct span code;
	const char *name; /* NULL: not known */
};

struct functions {
	struct function *list;
	size_t count, capacity;
};

/* What is counted: instructions, and where the first stands. */
struct tally {
	unsigned instructions, functions;
	const struct function *first, *last;
	uint64_t offset; /* of the first instruction in the first function */
};

/* Lists the functions that the symbol table knows, by address; without symbols, whole pieces. No
 * byte is in two of them. */
void functions_list(struct functions *functions, const struct kernel *kernel,
                    const struct sections *sections, const struct symbols *symbols);

/* Adds what begins with a label and lies in no function, as assemblers leave it: up to the next. */
void functions_add_labels(struct functions *functions, const struct kernel *kernel,
                          const struct symbols *symbols);

void functions_free(struct functions *functions);

/* Counts the instruction at `offset` of a function. */
void tally_add(struct tally *tally, const struct function *function, uint64_t offset);

/* Words a tally that has counted something: "12 instructions, the first at 0xffffffff80001234
 * (memcpy+0x14)". Returns `buffer`. */
const char *tally_words(const struct tally *tally, char *buffer, size_t size);

#endif
