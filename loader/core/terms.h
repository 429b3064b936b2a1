/* SPDX-License-Identifier: MIT */
/*
 * terms.h - a protocol's names for what a kernel is given, and for how to ask for more, so that a
 * fault is explained in words that the kernel's author knows. A wire structure: it is part of
 * struct fault_info.
 */
#ifndef CORE_TERMS_H
#define CORE_TERMS_H

/* A clause is part of a sentence; "" means that there is nothing to say. */
struct terms {
	char boot_info[32];  /* what the kernel reads at its start */
	char direct_map[32]; /* through which it accesses all of memory */
	char physical[64];   /* how to get the mapped address of a physical one; a sentence */
	char no_map[64];     /* how to get a direct map if there is none; a sentence */
	char not_shown[192]; /* what memory a direct map leaves out; sentences, or "" */
	char identity[32];   /* what is identity-mapped; a clause after "except", or "" */
	char arguments[32];  /* where _start's arguments are; a clause about "they" */
	char no_return[48];  /* what _start would return to by mistake; a clause, or "" */
	char null[112];      /* what a null pointer can mean; sentences */
	char stack[64];      /* how to get a larger stack; a clause */
	char sse[160];       /* why SSE may be off; sentences */
};

/* The usual case of `sse`: kernels begin with SSE on. */
#define TERMS_SSE_WAS_ON                                                            \
	"The kernel changed CR0 or CR4: set OSFXSR and clear EM again, or compile " \
	"with -mgeneral-regs-only so that the compiler uses no SSE."

_Static_assert(sizeof(struct terms) == 832, "wire structure");

#endif
