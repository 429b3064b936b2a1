/* SPDX-License-Identifier: MIT */
/* words.h - what the parts of the explanation share while it is put into words. */
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

/* Each says what happened and what usually causes it. */
void words_page(struct words *words);       /* #PF */
void words_protection(struct words *words); /* #GP, #SS, #NP, #TS */
void words_opcode(struct words *words);     /* #UD, #NM */
void words_interrupt(struct words *words);  /* an interrupt that came as if it were an exception */
void words_double(struct words *words);     /* #DF */
void words_other(struct words *words);      /* all others */

/* Appends "the kernel's read-only data (segment 0, r--)", or what else lies there. False if nothing
 * is known to. */
bool words_place(struct words *words, struct text *text, uint64_t address);

/* "The kernel" or "The program in user mode". */
const char *words_who(const struct words *words);

/* True if the bytes at RIP begin with these. */
bool words_code_is(const struct words *words, uint8_t first, uint8_t second);

#endif
