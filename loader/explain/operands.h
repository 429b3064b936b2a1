/* SPDX-License-Identifier: MIT */
/*
 * operands.h - which memory an instruction touches, by ModRM and without it, and how it must be
 * aligned. Knows the table of instructions; decode.c reads their bytes.
 */
#ifndef EXPLAIN_OPERANDS_H
#define EXPLAIN_OPERANDS_H

#include "explain/instruction.h"

/* What SIB's index is: a register; a vector, of gathers and scatters; or the distance from one row
 * of a tile to the next, the first of which is at the base. */
enum indices { INDICES_NONE, INDICES_VECTOR, INDICES_ROWS };
enum indices operands_indices(const struct instruction *in);

/* Adds the operand that ModRM names, unless the instruction only computes with its address. The
 * address is given without the base of FS or GS, and not yet cut by the prefix 67h. */
void operands_add_memory(const struct look *look, struct instruction *in, struct operand operand);

/* Adds the operands that no ModRM names: strings, the stack, addresses in the instruction. */
void operands_add_implied(const struct look *look, struct instruction *in);

/* The number of the operand that may have to be aligned: for movdir64b and enqcmd, the one that is
 * written. */
unsigned operands_aligned(const struct instruction *in);

/* Returns what that operand's address must be a multiple of; 1: anything. */
unsigned operands_alignment(const struct instruction *in);

#endif
