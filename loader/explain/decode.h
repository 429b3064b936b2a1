/* SPDX-License-Identifier: MIT */
/* decode.h - decodes as much of an x86 instruction as an explanation needs. */
#ifndef EXPLAIN_DECODE_H
#define EXPLAIN_DECODE_H

#include "explain/instruction.h"

/* Decodes the instruction at the fault's RIP. */
struct instruction instruction_read(const struct look *look);

#endif
