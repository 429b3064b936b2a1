/* SPDX-License-Identifier: MIT */
/* first.h - finds out which exception came first, from the state of the CPU and its memory. */
#ifndef POSTMORTEM_FIRST_H
#define POSTMORTEM_FIRST_H

#include "postmortem/chain.h"

/* An interrupt or exception as an emulator has logged it. */
struct logged {
	struct event event;
	uint64_t rip;
};

/* What is known in addition to registers and memory. */
struct evidence {
	const struct logged *log; /* in the order in which they came */
	unsigned log_count;
	int in_service; /* the vector of the interrupt that is in service, or -1 */
};

/*
 * Restores the state from before handlers whose first instruction could not be fetched: their
 * frames are on the stack, and they have changed nothing else. Returns how many; *event is the
 * first one, with the vector VECTORS_ALL if several vectors have that handler.
 */
unsigned first_unwind(const struct cpu_state *cpu, struct fault *fault, struct event *event);

/* The first of the exceptions at RIP that led to the triple fault. False if it is not certain. */
bool first_event(const struct cpu_state *cpu, const struct evidence *evidence, struct event *event);

#endif
