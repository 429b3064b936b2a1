/* SPDX-License-Identifier: MIT */
/* hints_paging.c - looks for the entry of the page tables that is wrong: compares them with those
 * that the kernel began with. */
#include "postmortem/hints_paging.h"

#include "postmortem/returns.h"

enum { TABLE_ENTRIES = 512 };

/* The kernel's page tables as they were when it began. */
static struct page look_before(const struct hint *hint, uint64_t address)
{
	struct fault then = *hint->fault;
	struct look look = hint->cpu->look;

	then.cr3 = look.marks->kernel_tables;
	look.fault = &then;
	return look_up(&look, address);
}

/* Entries of the table at a physical address that are present. */
static unsigned count_present(const struct hint *hint, uint64_t at)
{
	unsigned count = 0;

	for (unsigned i = 0; i < TABLE_ENTRIES; i++) {
		uint64_t entry = 0;

		look_read_physical(&hint->cpu->look, at + 8 * i, &entry, sizeof(entry));
		count += (entry & PTE_P) != 0;
	}
	return count;
}

/* A virtual address of the kernel that was used as a physical one. True if it is one. */
static bool is_virtual(const struct hint *hint, uint64_t address, const char *what, unsigned level)
{
	struct fault_info_segment segment;
	uint64_t seen =
		look_segment(&hint->cpu->look, address, &segment) ? address : address | UPPER_HALF;
	struct page page;
	struct text text = hint_happened(hint);

	if (!look_segment(&hint->cpu->look, seen, &segment))
		return false;
	page = look_before(hint, seen);
	if (!page.mapped || page.physical == address || count_present(hint, address) != 0
	    || count_present(hint, page.physical) == 0)
		return false;
	text_add(&text, what, level);
	text_add(&text,
	         " %#llx, which is a virtual address of the kernel, and no table lies at this "
	         "physical address; the kernel's table is at physical %#llx.",
	         ULL(address), ULL(page.physical));
	hint_set_cause(hint, "CR3 and the entries of page tables hold physical addresses: subtract "
	                     "the difference between the kernel's virtual and physical addresses.");
	return true;
}

/* CR3 or an entry that holds a virtual address; or an entry that does not point to a table. */
static void hint_tables(const struct hint *hint)
{
	const struct fault *fault = hint->fault;
	struct page page;
	struct text text = hint_happened(hint);

	if (hint->event->vector != VECTOR_PAGE || hint->cpu->look.marks->kernel_tables == 0
	    || ((fault->cr3 ^ hint->cpu->look.marks->kernel_tables) & PTE_ADDRESS) == 0)
		return;
	page = look_up(&hint->cpu->look, hint->event->cr2);
	if (page.mapped || is_virtual(hint, fault->cr3 & PTE_ADDRESS, " CR3 holds", 0))
		return;
	for (unsigned level = look_levels(&hint->cpu->look); level > page.level; level--) {
		if (is_virtual(hint, page.path[level - 1] & PTE_ADDRESS,
		               " The entry at level %u holds", level))
			return;
	}
	if (page.entry != 0 && (page.entry & PTE_P) == 0)
		text_add(&text, " In that entry P, bit 0, is 0.");
	else if (page.level < 3 && (page.path[page.level] & PTE_ADDRESS) == 0)
		text_add(
			&text,
			" The entry at level %u, %#llx, leads to a table at physical 0: if a large "
			"page was meant, PS, bit 7, is missing.",
			page.level + 1, ULL(page.path[page.level]));
}

/* A page that does not let user mode in, or cannot be written: which entry has the bit 0. */
static void hint_rights(const struct hint *hint)
{
	bool user = (hint->fault->cs & 3) == 3;
	struct page page;
	struct text text = hint_happened(hint);
	uint64_t bit = 0;

	if (hint->event->vector != VECTOR_PAGE)
		return;
	page = look_up(&hint->cpu->look, hint->event->cr2);
	if (!page.mapped)
		return;
	if (user && !page.user)
		bit = PTE_US;
	else if ((hint->event->error & PAGE_FAULT_WRITE) != 0 && !page.write)
		bit = PTE_RW;
	for (unsigned level = look_levels(&hint->cpu->look); bit != 0 && level >= page.level;
	     level--) {
		if ((page.path[level - 1] & bit) != 0)
			continue;
		text_add(&text, " In the level %u entry %#llx, %s is 0.", level,
		         ULL(page.path[level - 1]), bit == PTE_US ? "U/S, bit 2," : "R/W, bit 1,");
		return;
	}
}

/* CR3 whose low bits were taken for a part of the address. */
static void hint_unaligned(const struct hint *hint)
{
	const struct look *look = &hint->cpu->look;
	uint64_t cr3 = hint->fault->cr3, entry = 0, other = 0;
	uint64_t index = hint->event->cr2 >> 39 & (TABLE_ENTRIES - 1);
	struct text text = hint_happened(hint);

	if (hint->event->vector != VECTOR_PAGE || look_levels(look) != 4 || (cr3 & 0xff8) == 0)
		return;
	look_read_physical(look, (cr3 & PTE_ADDRESS) + 8 * index, &entry, sizeof(entry));
	look_read_physical(look, (cr3 & ~UINT64_C(7)) + 8 * index, &other, sizeof(other));
	if ((entry & PTE_P) != 0 || (other & PTE_P) == 0)
		return;
	text_add(&text, " CR3 (%#llx) is not 4096-aligned, so the CPU uses the table at %#llx.",
	         ULL(cr3), ULL(cr3 & PTE_ADDRESS));
	hint_set_cause(hint, "A table lies at a multiple of 4096: align it (align 4096, "
	                     "__attribute__((aligned(4096))), #[repr(align(4096))]).");
}

bool hint_gdt(const struct hint *hint)
{
	const struct fault *fault = hint->fault;
	uint64_t offset = hint->event->cr2 - fault->gdt.base;
	bool ours = fault_range_has(hint->cpu->look.marks->resident, fault->gdt.base);
	char text[EXPLAIN_TEXT];
	struct text words = text_in(text, sizeof(text));

	if (hint->event->vector != VECTOR_PAGE || offset > fault->gdt.limit || hint_is_fetch(hint)
	    || instruction_touches(&hint->explanation->instruction, hint->event->cr2) != NULL)
		return false;
	text_add(&words, "A selector was loaded, for which the CPU %s the GDT (at %#llx): ",
	         (hint->event->error & PAGE_FAULT_WRITE) != 0 ? "writes to" : "reads",
	         ULL(fault->gdt.base));
	text_add(&words, "entry %#llx ", ULL(offset & ~UINT64_C(7)));
	text_add(&words, (hint->event->error & PAGE_FAULT_PRESENT) != 0 ? "cannot be written."
	                                                                : "is not mapped.");
	explanation_replace(
		hint->explanation, "gdt-not-mapped", text,
		(hint->event->error & PAGE_FAULT_PRESENT) != 0
			? "The CPU marks a segment as accessed (bit 40) and a TSS as busy: put the "
			  "GDT into data that can be written, or set bit 40 in each segment."
		: ours ? "It is still the loader's, which the kernel's page tables do not map: "
			 "load the kernel's own GDT (lgdt) first."
		       : "The page tables do not map the GDT, or lgdt was given a wrong base.");
	return true;
}

void hints_on_paging(const struct hint *hint)
{
	hint_tables(hint);
	hint_rights(hint);
	hint_unaligned(hint);
}
