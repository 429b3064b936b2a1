/* SPDX-License-Identifier: MIT */
/* dynamic.h - the dynamic section: where a kernel's tables of relocations and symbols are. */
#ifndef CORE_ELF_DYNAMIC_H
#define CORE_ELF_DYNAMIC_H

#include "core/elf/segments.h"

/*
 * Finds the tables of kernel->relocations. Each has whole entries and lies in one segment, in its
 * part that is in the file. All are empty if there is no dynamic section. On false, the reason is
 * in the report.
 */
bool dynamic_read(struct kernel *kernel, struct report *report);

#endif
