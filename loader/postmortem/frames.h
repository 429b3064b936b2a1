/* SPDX-License-Identifier: MIT */
/*
 * frames.h - finds the frames that the CPU has pushed for handlers, in 64-bit mode. The CPU aligns
 * the stack and saves RSP (SDM volume 3A, 6.14.2 to 6.14.5): so what looks like a frame is one, if
 * it is where its RSP or the TSS requires.
 */
#ifndef POSTMORTEM_FRAMES_H
#define POSTMORTEM_FRAMES_H

#include "postmortem/deliver.h"

enum { FRAME_ALIGNMENT = 16 }; /* of the stack that a frame is pushed on */

/* What a handler has interrupted. */
struct interrupted {
	uint64_t at; /* of the frame */
	uint64_t rip, cs, rflags, rsp, ss;
};

/* The frames from RSP on; for 32-bit code, only the probable last one. */
struct nesting {
	unsigned count;
	struct interrupted inner, outer; /* the most recent interruption, and the first one */
	struct interrupted repeated;     /* the first of those with the RIP of the most recent */
	unsigned repeats;                /* how many have that RIP */
};

/* Searches this many words of the stack. */
void frames_read(const struct cpu_state *cpu, unsigned words, struct nesting *nesting);

/* True if the word can be a saved RFLAGS. */
bool frames_flags(uint64_t word);

/* True if the word can be a saved CS: the one that is in use, or one of ring 3. */
bool frames_code_selector(const struct fault *fault, uint64_t word);

#endif
