/* SPDX-License-Identifier: MIT */
/* first.h - which exception came first, worked out from what the CPU and its memory are now. */
#ifndef POSTMORTEM_FIRST_H
#define POSTMORTEM_FIRST_H

#include "postmortem/chain.h"

/* An interrupt or exception as an emulator has logged it. */
struct logged {
	struct event event;
	uint64_t rip;
};

/* What is known beside registers and memory. */
struct evidence {
	const struct logged *log; /* in the order in which they came; the last is the last of all */
	unsigned log_count;
	int in_service; /* a vector that an interrupt controller has handed over last, or -1 */
};

/*
 * Takes the state back over handlers whose first instruction could not be fetched: their frames
 * lie on the stack, and they have changed nothing else. Returns how many; *event is the one that
 * came first, whose vector is VECTORS_ALL if several have that handler.
 */
unsigned first_unwind(const struct cpu_state *cpu, struct fault *fault, struct event *event);

/* The first of the exceptions at RIP that led to the end. False if none is sure. */
bool first_event(const struct cpu_state *cpu, const struct evidence *evidence, struct event *event);

#endif
