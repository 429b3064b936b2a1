/* SPDX-License-Identifier: MIT */
/* story.h - explains a CPU that has stopped: everything that can be found out. */
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
	const char *kind;       /* the kind of finding: why no handler ran */
	char title[STORY_TEXT], reason[STORY_TEXT], cause[STORY_TEXT];
};

/* Explains a triple fault. Changes the state in `fault` to that at the first exception. */
void story_of_triple_fault(struct cpu_state *cpu, struct fault *fault,
                           const struct evidence *evidence, struct story *story);

/* Explains a CPU that has halted or loops: "halted-outside" if it is outside the kernel's code,
 * "handler-ret" if a handler has ended with ret; and which code its handler has interrupted. */
void story_of_place(struct cpu_state *cpu, struct fault *fault, struct story *story);

/* Explains the last exception in the log, which has a handler, from the CPU's state when it came;
 * and those before that led to it. */
void story_of_handled(struct cpu_state *cpu, struct fault *fault, const struct evidence *evidence,
                      struct story *story);

#endif
