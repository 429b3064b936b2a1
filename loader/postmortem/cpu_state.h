/* SPDX-License-Identifier: MIT */
/* cpu_state.h - the state of a CPU beyond its registers, and what it finds in its page tables. */
#ifndef POSTMORTEM_CPU_STATE_H
#define POSTMORTEM_CPU_STATE_H

#include "explain/look.h"

/* A segment register's hidden part, or that of TR or LDTR. */
struct hidden {
	uint64_t base;
	uint32_t limit;
};

/* The CPU state needed for delivery, in addition to the registers of a fault. */
struct cpu_state {
	struct look look;
	struct hidden task, local; /* TR, LDTR */
	bool long_mode;            /* EFER.LMA */
	bool protected_mode;       /* CR0.PE */
	bool no_execute;           /* EFER.NXE */
	uint8_t pic_base;          /* the vector of the first PIC's line 0; 0: not known */
};

/* What the CPU finds in the page tables: like look_up(), but an entry in which a bit is set that
 * must be 0 maps nothing. Bits beyond the CPU's physical addresses are not looked at. */
struct page cpu_look_up(const struct cpu_state *cpu, uint64_t address);

/* The bits of a page fault's error code that say what the CPU found in the page tables: nothing, a
 * bit that must be 0, or a page that does not allow the access. */
uint32_t page_fault_bits(const struct page *page);

#endif
