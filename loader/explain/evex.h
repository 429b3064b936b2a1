/* SPDX-License-Identifier: MIT */
/* evex.h - the unit of displacements after an EVEX prefix (Intel SDM volume 2A, 2.7.5). */
#ifndef EXPLAIN_EVEX_H
#define EXPLAIN_EVEX_H

#include "explain/instruction.h"

/* The unit, in bytes, of a displacement of one byte (disp8*N). */
int64_t evex_unit(const struct instruction *in);

#endif
