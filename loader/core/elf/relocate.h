/* SPDX-License-Identifier: MIT */
/* relocate.h - what a kernel's file says of its relocation, checked and looked up. Carries nothing
 * out. */
#ifndef CORE_ELF_RELOCATE_H
#define CORE_ELF_RELOCATE_H

#include "core/elf/read.h"

/* Reads kernel->relocations, when all else of the kernel has been read. On false, the reason is in
 * the report. */
bool relocations_read(struct kernel *kernel, struct report *report);

/* The word that the kernel finds at the address `at` if it runs where it is linked. 0 if its file
 * has nothing there. */
uint64_t kernel_word(const struct kernel *kernel, uint64_t at);

#endif
