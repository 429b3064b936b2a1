/* SPDX-License-Identifier: MIT */
/*
 * loads.h - what a CPU raises at instructions that load selectors: mov, pop, ltr, lldt, far jumps
 * and returns, iret. A pure function of registers and memory.
 *
 * Sources: Intel SDM volume 2A and 2B (MOV, POP, LTR, LLDT, JMP, CALL, RET, IRET); volume 3A, 5.5
 * to 5.8.
 */
#ifndef POSTMORTEM_LOADS_H
#define POSTMORTEM_LOADS_H

#include "explain/instruction.h"
#include "postmortem/deliver.h"

/* Says what the instruction at RIP raises, if it loads a selector that cannot be loaded. False if
 * it is another one, or if it does not raise anything for that. */
bool loads_raise(const struct cpu_state *cpu, const struct instruction *in, struct event *event);

#endif
