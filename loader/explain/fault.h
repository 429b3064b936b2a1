/* SPDX-License-Identifier: MIT */
/*
 * fault.h - the state of the CPU when the kernel made its mistake, as loader/resident/vectors.asm
 * saves it. Whoever explains it knows the CPU by this alone.
 *
 * Sources: Intel SDM volume 3A, 6.15 (exceptions), 4.7 (page fault error code), 17.2.3 (DR6);
 * volume 2A, table 2-2 (numbers of registers).
 */
#ifndef EXPLAIN_FAULT_H
#define EXPLAIN_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exceptions by their vector, and beyond the 32 what is no exception. */
enum vector {
	VECTOR_DIVIDE = 0,
	VECTOR_DEBUG = 1,
	VECTOR_NMI = 2,
	VECTOR_BREAKPOINT = 3,
	VECTOR_OVERFLOW = 4,
	VECTOR_BOUND = 5,
	VECTOR_OPCODE = 6,
	VECTOR_NO_FPU = 7,
	VECTOR_DOUBLE = 8,
	VECTOR_TSS = 10,
	VECTOR_NOT_PRESENT = 11,
	VECTOR_STACK = 12,
	VECTOR_PROTECTION = 13,
	VECTOR_PAGE = 14,
	VECTOR_FPU = 16,
	VECTOR_ALIGNMENT = 17,
	VECTOR_MACHINE = 18,
	VECTOR_SSE = 19,
	VECTOR_VIRTUAL = 20,
	VECTOR_CONTROL = 21,
	VECTORS = 32,
	VECTOR_RETURNED = 32 /* _start has returned */
};

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
	SELECTOR_LDT = 4,

	FLAG_TRAP = 1 << 8,
	FLAG_INTERRUPT = 1 << 9,
	FLAG_ALIGNMENT = 1 << 18,

	CR0_EMULATE = 1 << 2,
	CR0_SWITCHED = 1 << 3,
	CR4_FXSR = 1 << 9,
	CR4_5_LEVELS = 1 << 12,
	CR4_NO_USER_FETCH = 1 << 20,
	CR4_NO_USER_DATA = 1 << 21,
	CR4_XSAVE = 1 << 18,
	CR4_WIDE = 1 << 5, /* PAE */
	EFER_SYSCALL = 1 << 0
};

#define CR0_PAGING (UINT32_C(1) << 31)

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
