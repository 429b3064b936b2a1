/* SPDX-License-Identifier: MIT */
/* look.c - walks page tables in software (Intel SDM volume 3A, 4.3 to 4.5). Writes nothing. */
#include "explain/look.h"

#define ENTRY_SHIFT 39 /* of what an entry of the top one of 4 levels maps */

/* How page tables are laid out. */
struct layout {
	unsigned levels;
	unsigned index_bits; /* of an address, at each level */
	unsigned entry_size; /* bytes */
	unsigned top;        /* the highest level at which an entry can be a page */
};

static const struct layout long_4 = { 4, 9, 8, 3 };
static const struct layout long_5 = { 5, 9, 8, 3 };
static const struct layout pae = { 3, 9, 8, 2 };        /* PAE (SDM volume 3A, 4.4) */
static const struct layout paging_32 = { 2, 10, 4, 2 }; /* 32-bit paging (4.3) */

/* The layout of long mode's tables: the explainer's own. Outside long mode, a kernel that is about
 * to enter it may already have set CR4.LA57, but the explainer has 4 levels. */
static const struct layout *long_layout(const struct look *look)
{
	return look->fault->long_mode_off == 0 && (look->fault->cr4 & CR4_LA57) != 0 ? &long_5
	                                                                             : &long_4;
}

/* The layout of the kernel's tables. */
static const struct layout *kernel_layout(const struct look *look)
{
	if (look->fault->long_mode_off == 0)
		return long_layout(look);
	return (look->fault->cr4 & CR4_PAE) != 0 ? &pae : &paging_32;
}

/* Removes the rights that an entry lacks from the page's. PAE's top entries have none (4.4.1). */
static void take_rights(struct page *page, const struct layout *layout)
{
	if (layout == &pae && page->level == layout->levels)
		return;
	page->write = page->write && (page->entry & PTE_RW) != 0;
	page->user = page->user && (page->entry & PTE_US) != 0;
	page->execute = page->execute && (page->entry & PTE_XD) == 0;
}

/* Walks tables that begin at physical `root`; `safe`: they are our own, so their addresses are not
 * checked. */
static struct page walk(const struct look *look, const struct layout *layout, uint64_t root,
                        uint64_t address, bool safe)
{
	struct page page = { .write = true, .execute = true, .user = true };
	uint64_t table = root & (layout == &pae ? PTE_ADDRESS | 0xfe0 : PTE_ADDRESS);
	uint64_t mask = (UINT64_C(1) << layout->index_bits) - 1;

	for (page.level = layout->levels; page.level > 0; page.level--) {
		unsigned shift = 12 + layout->index_bits * (page.level - 1);
		uint64_t index = address >> shift & (layout == &pae && page.level == 3 ? 3 : mask);
		uint64_t at = table + index * layout->entry_size;
		uint64_t offset = (UINT64_C(1) << shift) - 1;

		page.entry = 0;
		if (safe)
			memcpy(&page.entry, look->memory + (uintptr_t)at, layout->entry_size);
		else if (!look_read_physical(look, at, &page.entry, layout->entry_size))
			return page;
		page.path[page.level - 1] = page.entry;
		if ((page.entry & PTE_P) == 0
		    || (page.level > layout->top && (page.entry & PTE_PS) != 0))
			return page;
		take_rights(&page, layout);
		table = page.entry & PTE_ADDRESS;
		if (page.level == 1 || (page.level <= layout->top && (page.entry & PTE_PS) != 0)) {
			page.mapped = true;
			page.physical = (table & ~offset) | (address & offset);
			return page;
		}
	}
	return page;
}

bool look_canonical(const struct look *look, uint64_t address)
{
	unsigned bits = long_layout(look) == &long_5 ? 56 : 47;
	uint64_t high = address >> bits;

	return high == 0 || high == UINT64_MAX >> bits;
}

unsigned look_levels(const struct look *look)
{
	return (look->fault->cr0 & CR0_PG) == 0 ? 0 : kernel_layout(look)->levels;
}

struct page look_up(const struct look *look, uint64_t address)
{
	if (look->fault->long_mode_off != 0 && (look->fault->cr0 & CR0_PG) == 0)
		return (struct page){ .mapped = true,
			              .write = true,
			              .execute = true,
			              .user = true,
			              .physical = address & UINT32_MAX };
	if (!look_canonical(look, address))
		return (struct page){ .level = kernel_layout(look)->levels };
	return walk(look, kernel_layout(look), look->fault->cr3, address, false);
}

bool look_read_physical(const struct look *look, uint64_t address, void *to, unsigned size)
{
	const struct layout *layout = long_layout(look);
	uint64_t end = look->marks->memory_end;

	if (look->read != NULL)
		return look->read(address, to, size);
	if (end < size || address > end - size
	    || !walk(look, layout, look->marks->tables, address, true).mapped
	    || !walk(look, layout, look->marks->tables, address + size - 1, true).mapped)
		return false;
	memcpy(to, look->memory + (uintptr_t)address, size);
	return true;
}

bool look_recursive(const struct look *look, uint64_t address, uint64_t *mapped)
{
	uint64_t root = look->fault->cr3 & PTE_ADDRESS;
	uint64_t index = address >> ENTRY_SHIFT & 511;
	uint64_t size = PAGE_SIZE;
	uint64_t entry;

	if (kernel_layout(look) != &long_4
	    || !look_read_physical(look, root + index * sizeof(entry), &entry, sizeof(entry))
	    || (entry & PTE_P) == 0 || (entry & PTE_ADDRESS) != root)
		return false;
	*mapped = address << 9;
	for (unsigned level = 1; level < 4 && (*mapped >> ENTRY_SHIFT & 511) == index; level++) {
		*mapped <<= 9;
		size <<= 9;
	}
	*mapped = *mapped << 16 >> 16 & ~(size - 1);
	if (*mapped >> 47 != 0)
		*mapped |= UINT64_MAX << 48;
	return true;
}

unsigned look_read(const struct look *look, uint64_t address, void *to, unsigned size)
{
	unsigned done = 0;

	while (done < size) {
		struct page page = look_up(look, address + done);
		unsigned left = (unsigned)(PAGE_SIZE - ((address + done) & (PAGE_SIZE - 1)));
		unsigned part = left < size - done ? left : size - done;

		if (!page.mapped
		    || !look_read_physical(look, page.physical, (uint8_t *)to + done, part))
			break;
		done += part;
	}
	return done;
}

bool look_segment(const struct look *look, uint64_t address, struct fault_info_segment *segment)
{
	for (uint64_t i = 0; i < look->marks->segment_count; i++) {
		if (look_read_physical(look, look->marks->segments + i * sizeof(*segment), segment,
		                       sizeof(*segment))
		    && address >= segment->begin && address < segment->end)
			return true;
	}
	return false;
}

bool fault_range_has(struct fault_range fault_range, uint64_t address)
{
	return address >= fault_range.begin && address < fault_range.end;
}

bool look_other_cpu(const struct look *look)
{
	return look->marks->processor_count != 0 && look->fault->apic_id != look->marks->apic_id;
}

unsigned look_word_size(const struct look *look)
{
	return look->fault->code32 != 0 ? 4 : 8;
}

bool look_stack(const struct look *look, unsigned number, uint64_t *word)
{
	unsigned size = look_word_size(look);

	*word = 0;
	return look_read(look, look->fault->registers[RSP] + (uint64_t)number * size, word, size)
	    == size;
}
