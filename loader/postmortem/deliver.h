/* SPDX-License-Identifier: MIT */
/*
 * deliver.h - delivers an interrupt or exception as a CPU would: makes the CPU's checks, in its
 * order, up to the first one that fails. A pure function of registers and memory.
 *
 * Sources: Intel SDM volume 2A, INT n (the order of the checks); volume 3A, 6.10 to 6.14 (gates,
 * stack switching, 64-bit mode), 8.7 (64-bit TSS), table 6-5 (double faults).
 */
#ifndef POSTMORTEM_DELIVER_H
#define POSTMORTEM_DELIVER_H

#include "postmortem/cpu_state.h"

enum { TSS_STACKS = 8 /* RSP0 and IST1 to IST7 */ };

enum { VECTORS_ALL = 256 /* a vector that is not known */ };

/* The event to be delivered. */
struct event {
	unsigned vector;
	bool software; /* by int n, int3 or into */
	bool external; /* by an interrupt controller */
	bool has_error;
	uint32_t error;
	uint64_t cr2; /* of a page fault */
	bool unknown; /* an exception about which nothing is known */
};

/* Why no handler runs, in the CPU's order. */
enum obstacle {
	OBSTACLE_NONE,
	OBSTACLE_IDT_LIMIT,         /* the IDT ends before the gate */
	OBSTACLE_IDT_MEMORY,        /* the IDT is not mapped */
	OBSTACLE_GATE_TYPE,         /* neither an interrupt gate nor a trap gate */
	OBSTACLE_GATE_LEVEL,        /* int n from a ring that may not */
	OBSTACLE_GATE_ABSENT,       /* bit 47 is 0 */
	OBSTACLE_SELECTOR_NULL,     /* the gate's selector is 0 */
	OBSTACLE_SELECTOR_LIMIT,    /* ... beyond the end of the GDT or LDT */
	OBSTACLE_GDT_MEMORY,        /* the GDT or LDT is not mapped */
	OBSTACLE_SELECTOR_TYPE,     /* not a code segment */
	OBSTACLE_SELECTOR_LEVEL,    /* its DPL is above the CPL */
	OBSTACLE_SELECTOR_ABSENT,   /* its bit 47 is 0 */
	OBSTACLE_SELECTOR_MODE,     /* not 64-bit code */
	OBSTACLE_TSS_LIMIT,         /* the TSS ends before the stack that is needed */
	OBSTACLE_TSS_MEMORY,        /* the TSS is not mapped */
	OBSTACLE_TSS_SEGMENT,       /* SS0 of a 32-bit TSS is no stack of ring 0 */
	OBSTACLE_STACK_CANONICAL,   /* the handler's stack is not canonical */
	OBSTACLE_STACK_MEMORY,      /* ... is not mapped, or may not be written */
	OBSTACLE_HANDLER_CANONICAL, /* the handler's address is not canonical */
	OBSTACLE_HANDLER_MEMORY,    /* ... is not mapped, or may not be executed */
	OBSTACLE_NOT_MODELLED,      /* a task gate, or real mode: what follows is not known */
	OBSTACLES
};

struct delivery {
	enum obstacle obstacle;
	struct event raises;     /* the exception for the obstacle, unless that is NONE */
	uint64_t gate_at;        /* linear address of the gate */
	uint64_t gate[2];        /* as it is in memory; the second is 0 outside of long mode */
	uint16_t selector;       /* the gate's */
	uint64_t descriptor;     /* of the code segment */
	unsigned stack_number;   /* IST of the gate, or 0 */
	bool switches;           /* the stack comes from the TSS */
	uint64_t stack;          /* where the frame ends */
	uint64_t stack_told;     /* by the TSS, before it is aligned */
	uint16_t stack_selector; /* by a 32-bit TSS */
	uint64_t handler;
	uint64_t address; /* the address that is not mapped or not canonical */
	struct page page; /* its page table entries */
};

/* Makes the CPU's checks. */
void deliver(const struct cpu_state *cpu, const struct event *event, struct delivery *delivery);

/* The gate of a vector: bits 40 to 43 of a gate's first 8 bytes. */
unsigned gate_type(const struct delivery *delivery);

/* Where a gate, as read from memory, leads. */
uint64_t gate_handler(const struct cpu_state *cpu, const uint64_t gate[2]);

/* Reads the gate of a vector; false if the IDT ends before or is not mapped there. */
bool gate_read(const struct cpu_state *cpu, unsigned vector, uint64_t gate[2]);

/* Reads the stack that the TSS has for ring 0 (number 0), or for an IST (1 to 7); false if the TSS
 * does not have it. */
bool tss_stack(const struct cpu_state *cpu, unsigned number, uint64_t *stack);

/* True if the kernel could fetch an instruction from this address. */
bool can_fetch(const struct cpu_state *cpu, uint64_t address, struct page *page);

#endif
