/* SPDX-License-Identifier: MIT */
/* trace.h - which function an address is in, and who called whom. */
#ifndef EXPLAIN_TRACE_H
#define EXPLAIN_TRACE_H

#include "core/text.h"
#include "explain/look.h"

#define PLACE_NAME 64
#define TRACE_MAX  16

/* An address, with the symbol at or before it in the same segment. */
struct place {
	uint64_t address;
	uint64_t offset;       /* from the symbol */
	char name[PLACE_NAME]; /* "" if there is no symbol */
};

/* A call that has not returned. */
struct step {
	struct place place; /* after the call */
	unsigned times;     /* how often in a row: recursion */
};

struct trace {
	struct step steps[TRACE_MAX]; /* innermost first */
	unsigned count;
	bool guessed; /* not from frame pointers but from words on the stack that follow a call */
	bool lost;    /* there should be some, but the frame pointer leads nowhere */
	bool cut;     /* there are more */
};

/* Names the address. */
struct place place_of(const struct look *look, uint64_t address);

/* Follows the frame pointers; each frame is looked up before it is read. */
void trace_read(const struct look *look, struct trace *trace);

/* Appends "name+0x12", or the bare address. */
void place_write(struct text *text, const struct place *place);

#endif
