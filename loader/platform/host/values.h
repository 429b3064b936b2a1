/* SPDX-License-Identifier: MIT */
/*
 * values.h - tracks which bits of the general registers are known to be 1 or 0, from one
 * instruction to the next. It is conservative: an unknown instruction may have changed every
 * register.
 */
#ifndef HOST_VALUES_H
#define HOST_VALUES_H

#include "platform/host/insn.h"

enum { VALUES = 16 };

struct value {
	uint64_t ones, zeros; /* bits that are known */
	bool wide;            /* 64-bit code (REX.W) has set all 64 bits */
};

struct values {
	struct value list[VALUES]; /* indexed by the registers' numbers */
};

/* Forgets everything, as at the target of a jump. */
void values_forget(struct values *values);

/* Updates the values for an instruction of 64-bit code. */
void values_follow(struct values *values, const struct insn *insn);

/* The number of the register that ModRM's rm names, with REX.B. */
unsigned values_rm(const struct insn *insn);

#endif
