/* SPDX-License-Identifier: MIT */
/* words.h - what the parts of the explainer share while they put a fault into words. */
#ifndef EXPLAIN_WORDS_H
#define EXPLAIN_WORDS_H

#include "core/text.h"
#include "explain/instruction.h"
#include "explain/look.h"

struct words {
	const struct look *look;
	const struct fault *fault;
	const struct fault_info *marks;
	struct instruction in; /* at RIP */
	const char *kind;      /* the finding in one word, for programs */
	struct text happened;  /* what the kernel did, and why that cannot be */
	struct text cause;     /* what usually causes it */
};

/* Appends what a segment of the kernel is, to judge by its rights. */
void words_segment(struct text *text, const struct fault_info_segment *segment);

/* Appends what lies at an address: "the kernel's read-only data (segment 0, r--)", for example.
 * False, and nothing is appended, if that is not known. */
bool words_place(struct words *words, struct text *text, uint64_t address);

/* Appends " The address came from RBX + 0x10, with RBX = 0x0." or what else it came from. */
void words_origin(struct words *words, const struct operand *operand);

/* "The kernel" or "The program in user mode". */
const char *words_who(const struct words *words);

/* True if the bytes at RIP begin with these. */
bool words_code_is(const struct words *words, uint8_t first, uint8_t second);

#endif
