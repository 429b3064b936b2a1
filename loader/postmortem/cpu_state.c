/* SPDX-License-Identifier: MIT */
/* cpu_state.c - looks up addresses as the CPU does. */
#include "postmortem/cpu_state.h"

#include "explain/page.h"

struct page cpu_look_up(const struct cpu_state *cpu, uint64_t address)
{
	struct page page = look_up(&cpu->look, address);
	unsigned top = look_levels(&cpu->look);

	if (!cpu->long_mode || !look_canonical(&cpu->look, address))
		return page;
	for (unsigned level = top; level > 0 && level >= page.level; level--) {
		uint64_t entry = page.path[level - 1];

		if ((entry & PTE_P) != 0
		    && page_reserved(entry, level, cpu->no_execute) != RESERVED_NONE) {
			page.mapped = false;
			page.level = level;
			page.entry = entry;
			break;
		}
	}
	return page;
}

uint32_t page_fault_bits(const struct page *page)
{
	if (page->mapped)
		return PAGE_FAULT_PRESENT;
	return (page->entry & PTE_P) != 0 ? PAGE_FAULT_PRESENT | PAGE_FAULT_RESERVED : 0;
}
