/* SPDX-License-Identifier: MIT */
/* limine_answers.h - what Limine requests are answered with. */
#ifndef PROTOCOLS_LIMINE_ANSWERS_H
#define PROTOCOLS_LIMINE_ANSWERS_H

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
	struct limine_list *map;     /* the answer to the memory map request, or NULL */
};

/* True if there is an answer to requests for this, on some machine. */
bool limine_is_answered(enum limine_feature feature);

/* Bytes that all answers can take at most; everything but them and the page tables is placed. */
uint64_t limine_answers_bound(const struct limine *limine);

/*
 * Writes all answers but the memory map's entries, and lists the words that the kernel is to find
 * in its requests. False, with the reason in the report, if memory is used up.
 */
bool limine_answer(struct limine *limine);

/* Writes the entries of the memory map, if it was asked for. */
void limine_answer_memory(struct limine *limine, const struct memory *memory);

#endif
