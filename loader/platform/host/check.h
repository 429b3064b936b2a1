/* SPDX-License-Identifier: MIT */
/* check.h - what is known about a kernel after it has been checked. */
#ifndef HOST_CHECK_H
#define HOST_CHECK_H

#include "core/elf/symbols.h"
#include "core/run.h"
#include "platform/host/model.h"

struct check {
	struct model model;
	struct run run;
	struct sections sections;
	struct symbols symbols;
	bool is_text_only;    /* it writes to VGA's text memory, but seems to draw no pixels */
	uint64_t text_access; /* the code that does so, as linked */
	char asks[8000]; /* what it asks for by itself, one line each; see protocol.h, describe */
	bool readable;   /* boot->kernel is complete */
	bool prepared;   /* boot->plan is complete: the loader would start the kernel */
};

/* Evaluates check->run, and looks for problems that the loader does not check for. `prepared`: the
 * loader would start the kernel. */
void check_look(struct check *check, bool prepared);

/* The first refusal, or NULL. */
const struct finding *check_refusal(const struct check *check);

/* How many findings are warnings. */
unsigned check_warnings(const struct check *check);

/* Bytes of memory that are placed for `use`. */
uint64_t check_placed(const struct check *check, enum use use);

#endif
