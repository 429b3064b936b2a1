/* SPDX-License-Identifier: MIT */
/*
 * paging.h - builds page tables in scratch memory, where they stay.
 *
 * Source of every bit: Intel SDM volume 3A, 4.5 (4-level and 5-level paging), tables 4-14 to 4-20.
 */
#ifndef CORE_PAGING_H
#define CORE_PAGING_H

#include "core/machine.h"

enum cache {
	CACHE_WRITE_BACK,      /* PAT entry 0 */
	CACHE_WRITE_COMBINING, /* PAT entry 5, as launch programs it, where the CPU has a PAT; else
	                          PAT entry 3, uncached */
};

struct page_tables {
	struct scratch *scratch;
	const struct machine *machine;
	uint64_t *root;   /* the table that CR3 points at */
	unsigned levels;  /* 4 or 5 */
	unsigned largest; /* highest level at which pages may be; 3 by default */
};

/* Empty tables of 4 or 5 levels. False if scratch memory is used up. */
bool page_tables_begin(struct page_tables *tables, struct scratch *scratch,
                       const struct machine *machine, unsigned levels);

/*
 * Maps whole pages: `virt`, canonical and within one half of the address space, to physical memory
 * from `phys` on, with `rights`. Takes the largest pages that alignment, CPU and `largest` allow.
 * What is mapped already stays as it is. False if scratch memory is used up.
 */
bool page_tables_map(struct page_tables *tables, struct virt_range virt, struct phys phys,
                     uint8_t rights, enum cache cache);

/* Makes entry `index` < 512 of the top table map the tables themselves (recursively). */
void page_tables_map_self(struct page_tables *tables, unsigned index, uint8_t rights);

/* Bytes that one entry of a table at `level` maps: 4 KiB at level 1, 2 MiB at level 2, 1 GiB at
 * level 3 ... */
uint64_t page_table_entry_size(unsigned level);

#endif
