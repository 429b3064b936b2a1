/* SPDX-License-Identifier: MIT */
/* page.c - explains page faults: the access, what is at the address, and why it failed. */
#include "explain/page.h"

#define NEAR       MIB /* bytes: an address so far past an object was probably meant for it */
#define STACK_NEAR (64 * MIB)   /* the same below the stack */
#define MAP_SIZE   (8192 * GIB) /* the assumed maximum size of the direct map */

/* "wrote to" and so on. */
static const char *access_name(uint64_t error)
{
	if ((error & PAGE_FAULT_FETCH) != 0)
		return "jumped to";
	return (error & PAGE_FAULT_WRITE) != 0 ? "wrote to" : "read from";
}

/* Says which registers the address came from, if that is known. */
static void add_origin(struct words *words)
{
	const struct operand *operand = instruction_touches(&words->in, words->fault->cr2);

	struct operand part;

	if ((words->fault->error & PAGE_FAULT_FETCH) != 0 || operand == NULL)
		return;
	part = *operand;
	if (part.stack) /* which of the words */
		part.distance += (int64_t)(words->fault->cr2 - part.address);
	words_origin(words, &part);
}

/* True if the kernel runs on its own page tables. */
static bool own_tables(const struct words *words)
{
	return ((words->fault->cr3 ^ words->marks->kernel_tables) & ~(PAGE_SIZE - 1)) != 0;
}

/* True if the kernel has code there. */
static bool is_code(const struct words *words, uint64_t address)
{
	struct fault_info_segment segment;

	return look_segment(words->look, address, &segment)
	    && (segment.rights & RIGHT_EXECUTE) != 0;
}

/* True if the kernel has there what must not be written. */
static bool is_constant(const struct words *words, uint64_t address)
{
	struct fault_info_segment segment;

	return look_segment(words->look, address, &segment) && (segment.rights & RIGHT_WRITE) == 0;
}

/* The page is present, but does not allow this access. */
static void words_forbidden(struct words *words, const struct page *page)
{
	const struct fault *fault = words->fault;
	struct text *text = &words->happened;
	bool fetch = (fault->error & PAGE_FAULT_FETCH) != 0;

	text_add(text, ", in ");
	if (!words_place(words, text, fault->cr2))
		text_add(text, "a page");
	if ((fault->error & PAGE_FAULT_USER) != 0 && !page->user) {
		words->kind = "kernel-page";
		text_add(text, ", which user mode may not touch.");
		text_add(&words->cause, "The user bit (bit 2) is 0 at some level of the page "
		                        "tables, or a program uses a kernel pointer.");
	} else if (fetch && !page->execute) {
		words->kind = "no-execute";
		text_add(text, ", which may not be executed.");
		text_add(&words->cause, is_code(words, fault->cr2)
		                                ? "Bit 63, no-execute, is set for the kernel's own "
		                                  "code: set it for data only."
		                                : "A function pointer or a return address was "
		                                  "overwritten, or code was put into data: code "
		                                  "needs a segment with PF_X.");
	} else if (!fetch && (fault->error & PAGE_FAULT_WRITE) != 0 && !page->write) {
		words->kind = "read-only";
		text_add(text, ", which may not be written.");
		text_add(&words->cause, is_constant(words, fault->cr2)
		                                ? "Constants, string literals and code cannot be "
		                                  "written: remove the cast that drops const, copy "
		                                  "to data first, or give the segment PF_W in the "
		                                  "linker script."
		                                : "R/W, bit 1, must be 1 in the page table entries "
		                                  "at every level.");
	} else if (page->user) {
		words->kind = "user-page";
		text_add(text, ", a user-mode page, which %s keeps the kernel from %s.",
		         fetch ? "SMEP" : "SMAP", fetch ? "executing" : "touching");
		text_add(&words->cause, "CR4 has SMEP or SMAP set: enter user mode with iretq or "
		                        "sysret, and put stac and clac around accesses.");
	} else {
		words->kind = "stale-tlb";
		text_add(text,
		         ", which allows that now, but did not when the CPU read the page tables.");
		text_add(&words->cause,
		         "A page table entry was changed without invlpg or a reload of CR3.");
	}
}

/* Page 0. */
static void words_null(struct words *words)
{
	const struct fault *fault = words->fault;
	const struct operand *operand = instruction_touches(&words->in, fault->cr2);

	words->kind = "null-page";
	if (words->marks->terms.no_return[0] != 0 && fault->rip == 0
	    && fault->registers[RSP] == words->marks->stack.end) {
		words->kind = "returned";
		text_add(&words->happened, ": the entry point returned, to %s.",
		         words->marks->terms.no_return);
		text_add(&words->cause,
		         "End it in an endless loop around hlt: there is nothing to return to.");
		return;
	}
	if ((fault->error & PAGE_FAULT_FETCH) != 0) {
		text_add(&words->happened,
		         ", in the null page: it called or returned to a null pointer.");
		text_add(&words->cause, "A function pointer that was never set, or a return "
		                        "address on the stack that was overwritten.");
		return;
	}
	if (operand != NULL && operand->segment != 0) {
		text_add(&words->happened, ", in the null page, which is never mapped.");
		text_add(&words->cause, "Per-CPU or thread-local data was used before the base of "
		                        "FS or GS was set (wrmsr 0xc0000100 or 0xc0000101).");
		return;
	}
	text_add(&words->happened, ", in the null page, which is never mapped: a null pointer%s.",
	         fault->cr2 == 0 ? "" : ", with an offset added");
	text_add(&words->cause,
	         "A pointer that was never set, or a NULL that a function returned, unchecked. ");
	text_add(&words->cause, "%s", words->marks->terms.null);
}

/* The guard page, or beyond it with the stack pointer gone as well. */
static void words_overflow(struct words *words)
{
	uint64_t size = words->marks->stack.end - words->marks->stack.begin;

	words->kind = "stack-overflow";
	text_add(&words->happened, ", below the stack: a stack overflow. The stack has ");
	text_add_size(&words->happened, size);
	text_add(&words->happened, " (%#llx to %#llx).", ULL(words->marks->stack.begin),
	         ULL(words->marks->stack.end));
	text_add(&words->cause,
	         "Endless recursion, or large arrays on the stack. Make them static, or %s.",
	         words->marks->terms.stack);
}

/* Memory that exists, but is not in the direct map. */
static void words_not_shown(struct words *words)
{
	words->kind = "not-in-direct-map";
	text_add(&words->happened, ", physical %#llx in %s, which does not cover it.",
	         ULL(words->fault->cr2 - words->marks->direct_map.begin),
	         words->marks->terms.direct_map);
	text_add(&words->cause, "%s", words->marks->terms.not_shown);
}

/* Memory that does not exist, accessed through the direct map. */
static void words_beyond(struct words *words)
{
	uint64_t address = words->fault->cr2 - words->marks->direct_map.begin;

	words->kind = "beyond-memory";
	text_add(&words->happened,
	         ", physical %#llx in %s, where there is no memory: ", ULL(address),
	         words->marks->terms.direct_map);
	text_add(&words->happened, "RAM ends at %#llx.", ULL(words->marks->memory_end));
	text_add(&words->cause, "A physical address that did not come from the memory map, or an "
	                        "allocator that runs past the end of a range.");
}

/* A small address that looks physical. */
static void words_physical(struct words *words)
{
	const struct terms *terms = &words->marks->terms;
	uint64_t address = words->fault->cr2;
	uint64_t shown = words->marks->direct_map.begin + address;

	words->kind = "physical-address";
	text_add(&words->happened, ", where nothing is mapped. If %#llx is a physical address, ",
	         ULL(address));
	if (words->marks->direct_map.end == 0) {
		text_add(&words->happened,
		         "this kernel has not asked for physical memory to be mapped.");
		text_add(&words->cause, "%s %s", terms->no_map, terms->physical);
		return;
	}
	if (!look_up(words->look, shown).mapped) {
		text_add(&words->happened, "not even %s covers it, at %#llx.", terms->direct_map,
		         ULL(shown));
		text_add(&words->cause, "%s", terms->not_shown);
		return;
	}
	text_add(&words->happened, "it is at %#llx, in %s.", ULL(shown), terms->direct_map);
	text_add(&words->cause, "Physical memory is not mapped at its own address");
	if (terms->identity[0] != 0)
		text_add(&words->cause, " (except %s)", terms->identity);
	text_add(&words->cause, ". %s", terms->physical);
}

/* A kernel address whose upper half was lost. */
static void words_cut(struct words *words)
{
	words->kind = "not-mapped";
	text_add(&words->happened,
	         ", where nothing is mapped. %#llx is the kernel's: the upper 32 bits are missing.",
	         ULL(words->fault->cr2 | UPPER_HALF));
	text_add(&words->cause,
	         "An address that was stored in 32 bits: a pointer in an int, a move "
	         "to a 32-bit register, or code compiled without -mcmodel=kernel.");
}

/* The segment that ends last, at or shortly before the address. */
static bool segment_before(const struct words *words, uint64_t address,
                           struct fault_info_segment *before)
{
	struct fault_info_segment segment;
	bool found = false;

	*before = (struct fault_info_segment){ 0, 0, 0, 0 };
	for (uint64_t i = 0; i < words->marks->segment_count; i++) {
		if (look_read_physical(words->look, words->marks->segments + i * sizeof(segment),
		                       &segment, sizeof(segment))
		    && segment.end <= address && address - segment.end < NEAR
		    && (!found || segment.end > before->end)) {
			*before = segment;
			found = true;
		}
	}
	return found;
}

/* Shortly after one of the kernel's segments. */
static void words_past(struct words *words, const struct fault_info_segment *segment)
{
	words->kind = "past-segment";
	if (words->fault->cr2 == segment->end)
		text_add(&words->happened, ", right after ");
	else
		text_add(&words->happened, ", %#llx bytes after ",
		         ULL(words->fault->cr2 - segment->end));
	words_segment(&words->happened, segment);
	text_add(&words->happened, ". Nothing is mapped there.");
	text_add(&words->cause,
	         "An index beyond the end of an array, or memory after the kernel that was assumed "
	         "to be mapped: use %s.",
	         words->marks->terms.direct_map);
}

/* Nothing is mapped there, and nothing is known about the address. */
static void words_nothing(struct words *words, const struct page *page)
{
	words->kind = "not-mapped";
	text_add(&words->happened, ", where nothing is mapped");
	if (own_tables(words)) {
		text_add(&words->happened,
		         ": the kernel's own page tables (CR3 = %#llx) have %#llx at level %u.",
		         ULL(words->fault->cr3), ULL(page->entry), page->level);
		text_add(&words->cause, "The kernel's own tables do not map this page: map the "
		                        "kernel, its stack and what it uses before loading CR3.");
		return;
	}
	text_add(&words->happened, ".");
	text_add(&words->cause, "A pointer that was never set, was freed, or was overwritten.");
}

/* True if the loader had mapped it: the kernel itself, its stack, and all of RAM if the direct map
 * has all of it. */
static bool was_mapped(const struct words *words)
{
	const struct fault_info *marks = words->marks;
	uint64_t address = words->fault->cr2;
	struct fault_info_segment segment;

	return look_segment(words->look, address, &segment)
	    || fault_range_has(marks->stack, address)
	    || (marks->terms.not_shown[0] == 0 && fault_range_has(marks->direct_map, address)
	        && address - marks->direct_map.begin < marks->memory_end);
}

/* The loader had mapped it, but its page tables no longer do. */
static void words_removed(struct words *words, const struct page *page)
{
	words->kind = "not-mapped";
	text_add(&words->happened,
	         ", which was mapped when the kernel began: its page tables have %#llx at level %u "
	         "now.",
	         ULL(page->entry), page->level);
	text_add(&words->cause, "The page tables were overwritten or taken for free memory, or the "
	                        "kernel has unmapped what it still uses.");
}

/* The page tables, as the kernel sees them through themselves. */
static void words_tables(struct words *words, uint64_t mapped)
{
	words->kind = "page-table";
	text_add(&words->happened,
	         ", in the page tables, seen through entry %u of the top level. The table for "
	         "%#llx does not exist.",
	         (unsigned)(words->fault->cr2 >> 39 & 511), ULL(mapped));
	text_add(&words->cause, "A table is visible once the one above it has an entry for it: "
	                        "make tables from the top down.");
}

/* A stack overflow: the stack pointer, or the address, is below the stack. */
static bool is_overflow(const struct words *words)
{
	struct fault_range stack = words->marks->stack;
	uint64_t below_address = stack.begin - 1 - words->fault->cr2;
	uint64_t below_stack = stack.begin - words->fault->registers[RSP];

	return stack.begin != stack.end
	    && (below_address < PAGE_SIZE
	        || (below_address < STACK_NEAR && below_stack < STACK_NEAR));
}

/* Chooses the words for an address at which nothing is mapped. */
static void words_unmapped(struct words *words, const struct page *page)
{
	const struct fault_info *marks = words->marks;
	uint64_t address = words->fault->cr2;
	uint64_t beyond = max_u64(marks->memory_end, 4 * GIB);
	uint64_t mapped;
	struct fault_info_segment segment;

	if (address < PAGE_SIZE) {
		words_null(words);
	} else if (is_overflow(words)) {
		words_overflow(words);
	} else if (address - marks->stack.end < PAGE_SIZE && marks->stack.end != 0) {
		words->kind = "stack-underflow";
		text_add(&words->happened, ", above the top of the stack (%#llx).",
		         ULL(marks->stack.end));
		text_add(&words->cause,
		         "More was popped than pushed, or _start expected arguments on the stack: "
		         "%s.",
		         marks->terms.arguments);
	} else if (look_recursive(words->look, address, &mapped)) {
		words_tables(words, mapped);
	} else if (!own_tables(words) && was_mapped(words)) {
		words_removed(words, page);
	} else if (address - marks->direct_map.begin < MAP_SIZE && marks->direct_map.end != 0
	           && !own_tables(words)) {
		if (marks->terms.not_shown[0] != 0 && address - marks->direct_map.begin < beyond)
			words_not_shown(words);
		else
			words_beyond(words);
	} else if (look_is_cut(words->look, address)) {
		words_cut(words);
	} else if (own_tables(words) && look_segment(words->look, address, &segment)) {
		words_nothing(words, page);
	} else if (segment_before(words, address, &segment)) {
		words_past(words, &segment);
	} else if (address < beyond && !own_tables(words)) {
		words_physical(words);
	} else {
		words_nothing(words, page);
	}
}

/* Why a bit of an entry at this level must be 0; NULL if that is not known. */
static const char *reserved_reason(const struct words *words, uint64_t entry, unsigned level)
{
	bool no_execute = (words->fault->efer & IA32_EFER_NXE) != 0;

	switch (page_reserved(entry, level, no_execute)) {
	case RESERVED_EXECUTE:
		return "Bit 63 (no-execute) needs EFER.NXE (bit 11 of MSR 0xc0000080).";
	case RESERVED_LARGE:
		return "Bit 7 (PS, a large page) cannot be set above level 3.";
	case RESERVED_ADDRESS:
		return level == 3 ? "A page of level 3 must lie at a multiple of 1 GiB."
		                  : "A page of level 2 must lie at a multiple of 2 MiB.";
	default:
		return (entry & PTE_PS) != 0 && level == 3 ? "Perhaps the CPU has no pages of 1 "
		                                             "GiB (CPUID 0x80000001, EDX bit 26)."
		                                           : NULL;
	}
}

/* A bit that must be 0, in one of the entries from the top one down. */
static void words_reserved(struct words *words, const struct page *page)
{
	const char *reason = NULL;
	unsigned found = page->level;
	uint64_t entry = page->entry;

	for (unsigned level = look_levels(words->look); level > 0 && level >= page->level;
	     level--) {
		reason = reserved_reason(words, page->path[level - 1], level);
		if (reason != NULL) {
			found = level;
			entry = page->path[level - 1];
			break;
		}
	}
	words->kind = "reserved-bit";
	text_add(&words->happened,
	         ". The page tables have a bit set there that must be 0: %#llx at level %u.",
	         ULL(entry), found);
	text_add(&words->cause, "%s",
	         reason != NULL ? reason
	                        : "An address wider than the CPU supports, or a flag in the wrong "
	                          "place.");
}

void words_page(struct words *words)
{
	const struct fault *fault = words->fault;
	struct page page = look_up(words->look, fault->cr2);

	text_add(&words->happened, "%s %s %#llx", words_who(words), access_name(fault->error),
	         ULL(fault->cr2));
	if ((fault->error & PAGE_FAULT_RESERVED) != 0) {
		words_reserved(words, &page);
	} else if ((fault->error & (PAGE_FAULT_KEY | PAGE_FAULT_SHADOW)) != 0) {
		words->kind = "protected-page";
		text_add(&words->happened, ", which a %s forbids.",
		         (fault->error & PAGE_FAULT_KEY) != 0 ? "protection key" : "shadow stack");
		text_add(&words->cause, "PKRU, PKRS or the shadow stack were not set up.");
	} else if ((fault->error & PAGE_FAULT_PRESENT) != 0) {
		words_forbidden(words, &page);
	} else if (page.mapped) {
		words->kind = "stale-tlb";
		text_add(&words->happened,
		         ", which is mapped now, but was not when the CPU read the page tables.");
		text_add(&words->cause,
		         "A page table entry was changed without invlpg or a reload of CR3.");
	} else {
		words_unmapped(words, &page);
	}
	add_origin(words);
}
