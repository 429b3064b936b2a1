/* SPDX-License-Identifier: MIT */
/*
 * frames.h - the frames that the CPU has left on the stack for handlers, in 64-bit mode. It aligns
 * the stack and saves RSP (SDM volume 3A, 6.14.2 to 6.14.5), so that what looks like a frame and
 * lies where its RSP or the TSS says is one.
 */
#ifndef POSTMORTEM_FRAMES_H
#define POSTMORTEM_FRAMES_H

#include "postmortem/deliver.h"

/* What a handler has interrupted. */
struct interrupted {
	uint64_t at; /* of the frame */
	uint64_t rip, cs, rflags, rsp, ss;
};

/* The frames from RSP on; of 32-bit code, what may be the last one. */
struct nesting {
	unsigned count;
	struct interrupted inner, outer; /* the last interruption, and the first */
	struct interrupted repeated;     /* the first of those at the RIP of the last */
	unsigned repeats;                /* how many these are */
};

/* Searches so many words of the stack. */
void frames_read(const struct cpu_state *cpu, unsigned words, struct nesting *nesting);

/* True if the word can be a saved RFLAGS. */
bool frames_flags(uint64_t word);

/* True if the word can be a saved CS: the one that is in use, or one of ring 3. */
bool frames_code_selector(const struct fault *fault, uint64_t word);

#endif
