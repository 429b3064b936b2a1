/* SPDX-License-Identifier: MIT */
/*
 * explain.h - explains a fault: a pure function of registers, fault info and memory. Uses no ports
 * and writes only its result, so that it runs on any machine.
 */
#ifndef EXPLAIN_EXPLAIN_H
#define EXPLAIN_EXPLAIN_H

#include "explain/instruction.h"
#include "explain/trace.h"

#define EXPLAIN_TEXT 640

struct explanation {
	const char *name;            /* "page fault" */
	const char *mnemonic;        /* "#PF", or "" */
	const char *kind;            /* the kind of fault, for programs: "null-page" */
	char happened[EXPLAIN_TEXT]; /* sentences: what was done, and why that failed */
	char cause[EXPLAIN_TEXT];    /* sentences: what usually causes it */
	char error[EXPLAIN_TEXT];    /* the error code, decoded; "" if there is none */
	struct place place;          /* where */
	struct trace trace;          /* called by whom */
	struct instruction instruction;
};

/* Names an exception; *mnemonic is "#PF", or "". */
const char *explain_name(uint64_t vector, const char **mnemonic);

/* Puts the fault into words. */
void explain(const struct look *look, struct explanation *explanation);

/* The line for programs, without a newline: "@longjump-fault vector=14 ...". */
void explain_for_programs(struct text *text, const struct look *look,
                          const struct explanation *explanation);

#endif
