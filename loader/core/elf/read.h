/* SPDX-License-Identifier: MIT */
/* read.h - from an ELF file to a checked kernel. */
#ifndef CORE_ELF_READ_H
#define CORE_ELF_READ_H

#include "core/elf/segments.h"

/*
 * Reads and checks the kernel in `file`. `address_bits` is 48, or 57 with 5-level paging. On false,
 * the first fault found is in the report.
 */
bool kernel_read(struct kernel *kernel, struct span file, unsigned address_bits,
                 struct report *report);

/* As kernel_read(), but segments that share a page may have different rights: the page gets the
 * rights of all of them (kernel_page_rights()). */
bool kernel_read_merging(struct kernel *kernel, struct span file, unsigned address_bits,
                         struct report *report);

/*
 * As kernel_read(), for protocols that load segments at their physical addresses and start kernels
 * in 32-bit mode: the file may be ELF32 or ELF64, and every address in `kernel` is physical. What
 * only makes sense with page tables (rights, relocation, thread-local storage) is ignored.
 */
bool kernel_read_physical(struct kernel *kernel, struct span file, struct report *report);

#endif
