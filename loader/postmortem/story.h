/* SPDX-License-Identifier: MIT */
/* story.h - all that can be said of a CPU that stands still. */
#ifndef POSTMORTEM_STORY_H
#define POSTMORTEM_STORY_H

#include "explain/explain.h"
#include "postmortem/first.h"
#include "postmortem/frames.h"

#define STORY_TEXT 700

struct story {
	struct explanation explanation; /* of the first exception, or of where the CPU is */
	struct chain chain;
	struct event first;
	bool is_known;    /* the first exception is */
	unsigned unwound; /* exceptions of handlers that could not be fetched */
	uint64_t began; /* where the first of nested handlers was called; 0: they are not nested */
	struct nesting nesting; /* of a place: what is on its stack */
	const char *nested;     /* "handler-nested", or NULL */
	const char *kind;       /* the finding in one word: why no handler ran */
	char title[STORY_TEXT], reason[STORY_TEXT], cause[STORY_TEXT];
};

/* Tells what led to a triple fault. The state in `fault` is taken back to the first exception. */
void story_of_triple_fault(struct cpu_state *cpu, struct fault *fault,
                           const struct evidence *evidence, struct story *story);

/* Tells of a CPU that has halted or goes round: of kind "halted-outside" if that is not in the
 * kernel, "handler-ret" if a handler has come back the wrong way; and what it has interrupted. */
void story_of_place(struct cpu_state *cpu, struct fault *fault, struct story *story);

/* Tells of the last exception that is logged, which has a handler, from the state that the CPU was
 * in when it came; and of those before that led to it. */
void story_of_handled(struct cpu_state *cpu, struct fault *fault, const struct evidence *evidence,
                      struct story *story);

#endif
