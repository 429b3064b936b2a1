/* SPDX-License-Identifier: MIT */
/*
 * operands.h - which memory an instruction touches, by ModRM and without it, and how it must be
 * aligned. Knows the table of instructions; decode.c reads their bytes.
 */
#ifndef EXPLAIN_OPERANDS_H
#define EXPLAIN_OPERANDS_H

#include "explain/instruction.h"

/* The unit, in bytes, of a one-byte displacement after an EVEX prefix (disp8*N); 0: not known. */
int64_t operands_unit(const struct instruction *in);

/* Adds the operand that ModRM names, unless the instruction only computes with its address. The
 * address is given without the base of FS or GS, and not yet cut by the prefix 67h. */
void operands_add_memory(const struct look *look, struct instruction *in, struct operand operand);

/* Adds the operands that no ModRM names: strings, the stack, addresses in the instruction. */
void operands_add_implied(const struct look *look, struct instruction *in);

/* Returns what the address of operands[0] must be a multiple of; 1: anything. */
unsigned operands_alignment(const struct instruction *in);

#endif
