/* SPDX-License-Identifier: MIT */
/* chain.h - follows the exceptions from the first to the last: each could not be delivered, which
 * raised the next. */
#ifndef POSTMORTEM_CHAIN_H
#define POSTMORTEM_CHAIN_H

#include "postmortem/deliver.h"

enum { CHAIN_MAX = 8 };

struct step_of_chain {
	struct event event;
	struct delivery delivery;
};

/* How a chain ends. */
enum chain_end {
	CHAIN_HANDLED,  /* the last one's handler runs */
	CHAIN_SHUTDOWN, /* the last one is a double fault that cannot be delivered */
	CHAIN_REPEATS,  /* the last one's handler cannot be fetched, like one before it */
	CHAIN_UNKNOWN   /* what follows is not known */
};

struct chain {
	struct step_of_chain steps[CHAIN_MAX];
	unsigned count;
	enum chain_end end;
};

/* Follows the exceptions from the first one on. */
void chain_follow(const struct cpu_state *cpu, const struct event *first, struct chain *chain);

#endif
