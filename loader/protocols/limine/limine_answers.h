/* SPDX-License-Identifier: MIT */
/* limine_answers.h - what Limine requests are answered with. */
#ifndef PROTOCOLS_LIMINE_ANSWERS_H
#define PROTOCOLS_LIMINE_ANSWERS_H

#include "core/plan/plan.h"
#include "protocols/limine/limine_requests.h"
#include "protocols/writer.h"

/* What is known of a Limine kernel. */
struct limine {
	struct limine_requests requests;
	bool found; /* they are whole */
	struct plan *plan;
	uint64_t direct_map;         /* what is added to physical addresses */
	struct writer writer;        /* the answers' block, seen through the direct map */
	uint64_t stacks, stack_size; /* the other CPUs' stacks: physical, one after the other */
	uint64_t command_line;       /* the kernel's, as it sees it; 0: not written yet */
	unsigned map_capacity;       /* entries that the memory map can have at most */
	uint64_t map; /* where the kernel sees the answer to the memory map request, or 0 */
	uint64_t map_list, map_entries; /* ... and what belongs to it */
};

/* Words of the kernel's memory that answers are told in, at most. */
#define LIMINE_PATCHES (LIMINE_FEATURES + 2)

/*
 * Writes all answers but the memory map's entries, for which there is room, and lists the words
 * that the kernel is to find in its requests, in plan->patches.
 */
void limine_answer(struct limine *limine);

/* Writes the entries of the memory map, if it was asked for. */
void limine_answer_memory(struct limine *limine, const struct memory *memory);

#endif
