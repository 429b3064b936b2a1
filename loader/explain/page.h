/* SPDX-License-Identifier: MIT */
/* page.h - explains page faults. */
#ifndef EXPLAIN_PAGE_H
#define EXPLAIN_PAGE_H

#include "explain/words.h"

/* Bits of an entry of a page table that must be 0 (Intel SDM volume 3A, 4.4 and 4.5). Those beyond
 * the CPU's physical addresses are not looked at. */
enum page_reserved {
	RESERVED_NONE,
	RESERVED_EXECUTE, /* no-execute without EFER.NXE */
	RESERVED_LARGE,   /* a large page above the levels that have some */
	RESERVED_ADDRESS  /* of a large page that is not aligned */
};

/* The first such bit that is set in an entry at this level. */
static inline enum page_reserved page_reserved(uint64_t entry, unsigned level, bool no_execute)
{
	uint64_t size = UINT64_C(1) << (12 + 9 * (level - 1));

	if ((entry & PTE_XD) != 0 && !no_execute)
		return RESERVED_EXECUTE;
	if ((entry & PTE_PS) == 0 || level == 1)
		return RESERVED_NONE;
	if (level > 3)
		return RESERVED_LARGE;
	return (entry & PTE_ADDRESS & (size - 1) & ~(uint64_t)PTE_PAT) != 0 ? RESERVED_ADDRESS
	                                                                    : RESERVED_NONE;
}

/* Says what happened and what usually causes it. */
void words_page(struct words *words);

#endif
