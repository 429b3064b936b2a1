/* SPDX-License-Identifier: MIT */
/* hints_paging.h - hints on page tables. */
#ifndef POSTMORTEM_HINTS_PAGING_H
#define POSTMORTEM_HINTS_PAGING_H

#include "postmortem/hint.h"

/* The GDT, which the CPU reads, and writes to, when a selector is loaded. True if it is that. */
bool hint_gdt(const struct hint *hint);

/* Which entry of the page tables, or CR3, is wrong, and in what. */
void hints_on_paging(const struct hint *hint);

#endif
