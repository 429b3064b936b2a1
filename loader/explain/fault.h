/* SPDX-License-Identifier: MIT */
/*
 * fault.h - the state of the CPU at the kernel's fault, as loader/resident/vectors.asm saves it.
 * The explainer knows nothing else of the CPU.
 *
 * Sources: Intel SDM volume 3A, 6.15 (exceptions), 4.7 (page fault error code); volume 3B, 18.2.3
 * (DR6); volume 2A, table 2-2 (numbers of registers).
 */
#ifndef EXPLAIN_FAULT_H
#define EXPLAIN_FAULT_H

#include "x86/registers.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Numbers of the general registers in instructions. */
enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, REGISTERS = 16 };

enum {
	PAGE_FAULT_PRESENT = 1,
	PAGE_FAULT_WRITE = 2,
	PAGE_FAULT_USER = 4,
	PAGE_FAULT_RESERVED = 8,
	PAGE_FAULT_FETCH = 16,
	PAGE_FAULT_KEY = 32,
	PAGE_FAULT_SHADOW = 64,

	SELECTOR_EXTERNAL = 1, /* in the error codes that name a selector */
	SELECTOR_IDT = 2,
	SELECTOR_LDT = 4
};

/* What sgdt and sidt write. */
struct __attribute__((packed)) fault_table {
	uint16_t limit;
	uint64_t base;
};

struct fault {
	uint64_t registers[REGISTERS]; /* by their numbers */
	uint64_t rip, rflags, vector, error;
	uint64_t cr0, cr2, cr3, cr4;
	uint64_t has_error; /* the CPU pushed an error code */
	uint16_t cs, ss, ds, es, fs, gs, tr, ldt;
	struct fault_table gdt, idt;
	uint8_t reserved[4];

	/* What is asked of the machine for some exceptions only; 0 otherwise. */
	uint64_t efer, fs_base, gs_base, dr6;
	uint32_t mxcsr, fpu_status;
	uint64_t machine_status, machine_address;
	uint32_t machine_bank, interrupts; /* the PICs' lines in service, a bit each */
	uint32_t apic_id;                  /* of the CPU */
	uint16_t code32;                   /* 1: the code was 32-bit code */
	uint16_t long_mode_off;            /* 1: and long mode was off */
};

_Static_assert(offsetof(struct fault, rip) == 128, "written by vectors.asm");
_Static_assert(offsetof(struct fault, cr0) == 160, "written by vectors.asm");
_Static_assert(offsetof(struct fault, has_error) == 192, "written by vectors.asm");
_Static_assert(offsetof(struct fault, cs) == 200, "written by vectors.asm");
_Static_assert(offsetof(struct fault, gdt) == 216, "written by vectors.asm");
_Static_assert(offsetof(struct fault, efer) == 240, "written by vectors32.asm");
_Static_assert(offsetof(struct fault, code32) == 308, "written by vectors.asm");
_Static_assert(offsetof(struct fault, long_mode_off) == 310, "written by vectors32.asm");
_Static_assert(sizeof(struct fault) <= 320, "vectors.asm has room for it");

#endif
