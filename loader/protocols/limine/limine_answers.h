/* SPDX-License-Identifier: MIT */
/* limine_answers.h - the answers to Limine requests. */
#ifndef PROTOCOLS_LIMINE_ANSWERS_H
#define PROTOCOLS_LIMINE_ANSWERS_H

#include "core/plan/plan.h"
#include "protocols/limine/limine_requests.h"
#include "protocols/writer.h"

/* The state of a Limine boot. */
struct limine {
	struct limine_requests requests;
	bool found; /* the requests have been read completely */
	struct plan *plan;
	uint64_t direct_map;         /* what is added to physical addresses */
	struct writer writer;        /* the block of answers, addressed through the direct map */
	uint64_t stacks, stack_size; /* the other CPUs' stacks: physical, one after the other */
	uint64_t command_line;       /* the kernel's, as it sees it; 0: not written yet */
	unsigned map_capacity;       /* entries that the memory map can have at most */
	uint64_t map; /* where the kernel sees the answer to the memory map request, or 0 */
	uint64_t map_list, map_entries; /* ... and what belongs to it */
};

/* The maximum number of words in the kernel's memory that answers are written to. */
#define LIMINE_PATCHES (LIMINE_FEATURES + 2)

/*
 * Writes all answers except the memory map's entries, for which it reserves room, and lists the
 * words to be written to the kernel's requests in plan->patches.
 */
void limine_answer(struct limine *limine);

/* Writes the entries of the memory map, if it was asked for. */
void limine_answer_memory(struct limine *limine, const struct memory *memory);

#endif
