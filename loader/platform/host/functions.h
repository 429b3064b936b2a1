/* SPDX-License-Identifier: MIT */
/* functions.h - the functions in a kernel's code, and counters for instructions in them. A function
 * is what its symbol says. */
#ifndef HOST_FUNCTIONS_H
#define HOST_FUNCTIONS_H

#include "core/elf/symbols.h"
#include "core/plan/plan.h"

/* A piece of code that is decoded from its first to its last byte. */
struct function {
	uint64_t begin;
	struct span code;
	const char *name; /* NULL: not known */
};

struct functions {
	struct function *list;
	size_t count, capacity;
};

/* A number of instructions, and where the first one is. */
struct tally {
	unsigned instructions, functions;
	const struct function *first, *last;
	uint64_t offset; /* of the first instruction in the first function */
};

/* Lists the functions in the symbol table, sorted by address; without symbols, whole sections or
 * segments. They do not overlap. */
void functions_list(struct functions *functions, const struct kernel *kernel,
                    const struct sections *sections, const struct symbols *symbols);

/* Adds code that begins with a label and is in no function, as in assembly: up to the next
 * symbol. */
void functions_add_labels(struct functions *functions, const struct kernel *kernel,
                          const struct symbols *symbols);

void functions_free(struct functions *functions);

/* Counts the instruction at `offset` of a function. */
void tally_add(struct tally *tally, const struct function *function, uint64_t offset);

/* Describes a tally that is not 0: "12 instructions, the first at 0xffffffff80001234
 * (memcpy+0x14)". Returns `buffer`. */
const char *tally_words(const struct tally *tally, char *buffer, size_t size);

#endif
