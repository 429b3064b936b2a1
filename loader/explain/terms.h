/* SPDX-License-Identifier: MIT */
/* terms.h - what kernels of each protocol call things. */
#ifndef EXPLAIN_TERMS_H
#define EXPLAIN_TERMS_H

#include "core/fault_info.h"

struct terms {
	char protocol[16];   /* "" stands last, and for all others */
	char boot_info[32];  /* what the kernel reads at its start */
	char direct_map[32]; /* through which it sees all of memory */
	char physical[64];   /* what makes a physical address one that is mapped; a sentence */
	char stack[64];      /* what gives a larger stack; a clause */
	char sse[160];       /* why SSE may be off; sentences */
};

/* The terms of the kernel's protocol. */
const struct terms *terms_of(const struct fault_info *marks);

#endif
