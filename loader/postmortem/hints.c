/* SPDX-License-Identifier: MIT */
/*
 * hints.c - finds modes, tables, selectors and flags that are not what the kernel expects. Always
 * adds the fact; replaces the cause only where the fact explains the exception.
 */
#include "postmortem/hints.h"

#include "explain/words.h"
#include "postmortem/frames.h"
#include "postmortem/returns.h"

enum {
	OPCODE_FAR_JUMP = 0xea,
	TABLE_ENTRIES = 512,
	HANDLER_WORDS = 512, /* of the stack, in which a handler's frame lies */
	ZEROS = 8,           /* bytes that are no code, surely */
	STACK_NEAR = 16384   /* bytes from RSP that are surely the stack */
};

#define UPPER_HALF (UINT64_MAX << 32)

struct hint {
	const struct cpu_state *cpu;
	const struct fault *fault;
	const struct event *event;
	struct explanation *explanation;
};

/* Where the text in a buffer ends. */
static struct text end_of(char *words, size_t size)
{
	return (struct text){ .at = words + text_length(words), .limit = words + size - 1 };
}

static struct text happened(const struct hint *hint)
{
	return end_of(hint->explanation->happened, sizeof(hint->explanation->happened));
}

static void set_cause(const struct hint *hint, const char *cause)
{
	struct text text = text_in(hint->explanation->cause, sizeof(hint->explanation->cause));

	text_add(&text, "%s", cause);
}

/* It is a page fault by which an instruction could not be fetched. */
static bool is_fetch(const struct hint *hint)
{
	return hint->event->vector == VECTOR_PAGE && hint->event->cr2 == hint->fault->rip;
}

/* ---- modes ---- */

/* 32-bit code in long mode. Before the far jump into 64-bit code, that is normal. */
static void hint_narrow_code(const struct hint *hint)
{
	struct text text = happened(hint);

	if (!hint->cpu->long_mode || hint->fault->code32 == 0
	    || (is_fetch(hint) && (hint->fault->cs & 3) != 3) || hint->event->vector != VECTOR_PAGE)
		return;
	text_add(&text, " It ran as 32-bit code: the descriptor of CS (%#x) has L, bit 53, 0.",
	         hint->fault->cs);
	set_cause(hint, (hint->fault->cs & 3) == 3
	                        ? "If this is 64-bit code, the CPU decodes it wrongly. Only "
	                          "sysretq, or iretq with a selector of 64-bit code (L = 1, "
	                          "D = 0), returns to 64-bit code."
	                        : "If this is 64-bit code, the CPU decodes it wrongly. Its "
	                          "descriptor needs L = 1 and D = 0 (0x00af9a000000ffff), and "
	                          "only a far jump or a far return loads CS.");
}

/* Paging without long mode, although the kernel wants long mode. */
static void hint_long_mode_off(const struct hint *hint)
{
	const struct fault *fault = hint->fault;
	bool wanted = (fault->efer & IA32_EFER_LME) != 0;
	bool wide = (fault->cr4 & CR4_PAE) != 0;

	if (hint->cpu->long_mode)
		return;
	if (wanted && !wide)
		set_cause(hint,
		          "EFER.LME is 1 and CR4.PAE (bit 5) is 0: set PAE before CR0.PG. A CPU "
		          "raises #GP when CR0.PG is set; QEMU does not.");
	else if (!wanted && wide && (fault->cr0 & CR0_PG) != 0)
		set_cause(
			hint,
			"EFER.LME (bit 8 of MSR 0xc0000080) is 0: so long mode is off, and the CPU "
			"reads the tables at CR3 as PAE's, which have 3 levels. For 4 levels, "
			"set LME before CR0.PG.");
}

/* Paging that is not long mode's any more, although it is on: only an emulator lets that happen. */
static bool hint_pae_off(const struct hint *hint)
{
	const struct fault *fault = hint->fault;

	if (!hint->cpu->long_mode || (fault->cr4 & CR4_PAE) != 0)
		return false;
	explanation_replace(hint->explanation, "control-register",
	                    "CR4.PAE (bit 5) is 0 in long mode. A CPU raises #GP at the mov to CR4 "
	                    "that clears it; QEMU continues, and misreads the page tables.",
	                    "Set and clear single bits of CR4: read it, change them, write it "
	                    "back. A constant clears what the loader has set.");
	return true;
}

/* ---- segments ---- */

/* The descriptor of a selector in the GDT. */
static bool read_descriptor(const struct hint *hint, uint64_t selector, uint64_t *descriptor)
{
	return (selector & 0xfffc) != 0 && (selector & SELECTOR_LDT) == 0
	    && (selector | 7) <= hint->fault->gdt.limit
	    && look_read(&hint->cpu->look, hint->fault->gdt.base + (selector & 0xfff8), descriptor,
	                 8)
	               == 8;
}

/* A far jump beyond the end of a segment; 64-bit code has no end. */
static void hint_far_jump(const struct hint *hint)
{
	const struct instruction *in = &hint->explanation->instruction;
	uint64_t descriptor;
	uint16_t selector;
	uint32_t target;
	struct text text;

	if (hint->event->vector != VECTOR_PROTECTION || hint->event->error != 0 || !in->known
	    || in->map != MAP_ONE_BYTE || in->opcode != OPCODE_FAR_JUMP || in->short_operands
	    || in->immediate + 6 > in->count)
		return;
	memcpy(&target, in->bytes + in->immediate, 4);
	memcpy(&selector, in->bytes + in->immediate + 4, 2);
	if (!read_descriptor(hint, selector, &descriptor) || target <= descriptor_end(descriptor)
	    || (hint->cpu->long_mode && (descriptor & SEGMENT_CODE_64) != 0))
		return;
	text = text_in(hint->explanation->happened, sizeof(hint->explanation->happened));
	text_add(&text,
	         "The kernel made a far jump to %#x:%#x, beyond the end of that segment: it ends "
	         "at %#llx (%016llx), and is not 64-bit code, which has no end",
	         selector, target, ULL(descriptor_end(descriptor)), ULL(descriptor));
	text_add(&text, hint->cpu->long_mode ? ": L, bit 53, is 0." : ": long mode is off.");
	hint->explanation->kind = "segment-limit";
	if (hint->cpu->long_mode)
		set_cause(hint, "A descriptor of 64-bit code has L = 1 and D = 0: "
		                "0x00209a0000000000, or 0x00af9a000000ffff.");
	else
		set_cause(hint, "Long mode is active once CR4.PAE, EFER.LME and CR0.PG are set, in "
		                "this order.");
	hint_long_mode_off(hint);
}

/* True if a present segment of code or data stands there. */
static bool is_segment(const struct hint *hint, uint64_t selector)
{
	uint64_t descriptor;

	return read_descriptor(hint, selector, &descriptor) && (descriptor >> 44 & 9) == 9;
}

/* iret to another ring by a selector of the wrong one. */
static void hint_iret(const struct hint *hint)
{
	const struct instruction *in = &hint->explanation->instruction;
	uint64_t cs, ss, descriptor;
	uint64_t wrong = hint->event->error & 0xfffc;
	struct text text = happened(hint);

	if ((hint->event->vector != VECTOR_PROTECTION && hint->event->vector != VECTOR_NOT_PRESENT)
	    || wrong == 0 || !in->known || in->map != MAP_ONE_BYTE || in->opcode != OPCODE_IRET
	    || !look_stack(&hint->cpu->look, 1, &cs) || !look_stack(&hint->cpu->look, 4, &ss))
		return;
	if ((cs & 3) == 3 && !is_segment(hint, wrong)) {
		set_cause(hint,
		          "The GDT has no such segment for user mode. If the program was "
		          "entered by sysret: sysret takes CS from bits 48 to 63 of STAR (MSR "
		          "0xc0000081) plus 16 and SS from there plus 8, and reads no "
		          "descriptor; the next iretq does.");
		return;
	}
	if (!read_descriptor(hint, wrong, &descriptor))
		return;
	if ((cs & 0xfffc) == wrong && (cs & 3) != descriptor_level(descriptor))
		text_add(&text, " Its DPL is %u, and CS (%#llx) has RPL %u.",
		         descriptor_level(descriptor), ULL(cs), (unsigned)cs & 3);
	else if ((ss & 0xfffc) == wrong
	         && ((ss & 3) != (cs & 3) || descriptor_level(descriptor) != (cs & 3)))
		text_add(&text,
		         " SS (%#llx) has RPL %u and its descriptor DPL %u, and CS (%#llx) is of "
		         "ring %u.",
		         ULL(ss), (unsigned)ss & 3, descriptor_level(descriptor), ULL(cs),
		         (unsigned)cs & 3);
	else
		return;
	set_cause(hint,
	          "For iretq to user mode, the selectors for CS and SS must have RPL 3, and their "
	          "descriptors DPL 3: with user code at 0x20 of the GDT, CS is 0x23.");
}

/* ---- page tables ---- */

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
	struct text text = happened(hint);

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
	set_cause(hint, "CR3 and the entries of page tables hold physical addresses: subtract "
	                "the difference between the kernel's virtual and physical addresses.");
	return true;
}

/* CR3 or an entry that holds a virtual address; or an entry that does not point to a table. */
static void hint_tables(const struct hint *hint)
{
	const struct fault *fault = hint->fault;
	struct page page;
	struct text text = happened(hint);

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
	struct text text = happened(hint);
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
		text_add(&text, " At level %u the entry %#llx has %s 0.", level,
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
	struct text text = happened(hint);

	if (hint->event->vector != VECTOR_PAGE || look_levels(look) != 4 || (cr3 & 0xff8) == 0)
		return;
	look_read_physical(look, (cr3 & PTE_ADDRESS) + 8 * index, &entry, sizeof(entry));
	look_read_physical(look, (cr3 & ~UINT64_C(7)) + 8 * index, &other, sizeof(other));
	if ((entry & PTE_P) != 0 || (other & PTE_P) == 0)
		return;
	text_add(&text, " CR3 (%#llx) is no multiple of 4096, so the CPU takes the table at %#llx.",
	         ULL(cr3), ULL(cr3 & PTE_ADDRESS));
	set_cause(hint, "A table lies at a multiple of 4096: align it (align 4096, "
	                "__attribute__((aligned(4096))), #[repr(align(4096))]).");
}

/* The GDT, which the CPU reads, and writes to, when a selector is loaded. True if it is that. */
static bool hint_gdt(const struct hint *hint)
{
	const struct fault *fault = hint->fault;
	uint64_t offset = hint->event->cr2 - fault->gdt.base;
	bool ours = fault_range_has(hint->cpu->look.marks->resident, fault->gdt.base);
	char text[EXPLAIN_TEXT];
	struct text words = text_in(text, sizeof(text));

	if (hint->event->vector != VECTOR_PAGE || offset > fault->gdt.limit || is_fetch(hint)
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

/* ---- the stack ---- */

/* A stack pointer that is none. */
static void hint_stack_lost(const struct hint *hint)
{
	const struct operand *operand =
		instruction_touches(&hint->explanation->instruction, hint->event->cr2);

	if (hint->event->vector != VECTOR_PAGE || operand == NULL || !operand->stack
	    || operand->base != RSP || is_fetch(hint)
	    || (!text_equal(hint->explanation->kind, "null-page")
	        && !text_equal(hint->explanation->kind, "not-mapped")))
		return;
	set_cause(hint, "RSP was loaded with a wrong value: a thread whose stack was never set, or "
	                "a field of its state that is read from the wrong place.");
	hint->explanation->kind = "stack-lost";
}

/* ---- how it got there ---- */

/* Zeros that are executed. */
static void hint_zeros(const struct hint *hint)
{
	const struct instruction *in = &hint->explanation->instruction;
	struct fault_info_segment segment;
	char text[EXPLAIN_TEXT];
	struct text words = text_in(text, sizeof(text));

	for (unsigned i = 0; i < in->count; i++) {
		if (in->bytes[i] != 0)
			return;
	}
	if (in->count < ZEROS || is_fetch(hint) || hint->fault->rip == 0)
		return;
	text_add(&words, "%s executed zeros at %#llx",
	         (hint->fault->cs & 3) == 3 ? "The program in user mode" : "The kernel",
	         ULL(hint->fault->rip));
	if (look_segment(&hint->cpu->look, hint->fault->rip, &segment)) {
		text_add(&words, ", in ");
		words_segment(&words, &segment);
	}
	text_add(&words, ". They mean add [rax], al, and %s is %#llx.",
	         register_name(hint->fault, RAX).text, ULL(hint->fault->registers[RAX]));
	explanation_replace(hint->explanation, "no-code", text,
	                    "A jump, a call or a return to where no code is, a function that runs "
	                    "on past its end, or code that was overwritten.");
}

/* A stack of the kernel's own that has grown into what must not be written. It has, if the page
 * above can be written, and calls have left their addresses on it. */
static void hint_overflow(const struct hint *hint)
{
	uint64_t rsp = hint->fault->registers[RSP];
	const struct trace *trace = &hint->explanation->trace;
	struct page page, above;
	struct text text = happened(hint);

	if (hint->event->vector != VECTOR_PAGE || (hint->event->error & PAGE_FAULT_WRITE) == 0
	    || rsp - hint->event->cr2 + STACK_NEAR > 2 * STACK_NEAR || trace->count == 0)
		return;
	page = look_up(&hint->cpu->look, rsp - 1);
	above = look_up(&hint->cpu->look, page_up(rsp));
	if (!page.mapped || page.write || !above.write)
		return;
	text_add(&text, " RSP (%#llx) is there: the stack has grown into it.", ULL(rsp));
	set_cause(hint, "Endless recursion, or large arrays on the stack. Make them static, or the "
	                "stack larger; leave a page unmapped below it.");
	hint->explanation->kind = "stack-overflow";
}

/* A string instruction that ran downward. */
static void hint_direction(const struct hint *hint)
{
	const struct instruction *in = &hint->explanation->instruction;
	bool is_string =
		in->known && in->map == MAP_ONE_BYTE
		&& ((in->opcode & 0xfc) == 0xa4 || (in->opcode >= 0xaa && in->opcode <= 0xaf));
	struct text text = happened(hint);

	if (!is_string || (hint->fault->rflags & RFLAGS_DF) == 0
	    || hint->event->vector != VECTOR_PAGE)
		return;
	text_add(&text, " It ran downward: DF, bit 10 of RFLAGS, is 1.");
	set_cause(hint,
	          "C and Rust expect DF to be 0 at each call: execute cld after std, and at the "
	          "beginning of each handler and of the entry for syscall.");
}

/* A jump to where LSTAR leads. */
static void hint_syscall(const struct hint *hint)
{
	const struct look *look = &hint->cpu->look;
	uint64_t next = hint->fault->registers[RCX];
	struct trace *trace = &hint->explanation->trace;
	uint8_t before[2];
	struct text text = happened(hint);

	if (!is_fetch(hint) || (hint->fault->cs & 3) != 0
	    || look_read(look, next - 2, before, 2) != 2 || before[0] != 0x0f || before[1] != 0x05)
		return;
	text_add(&text, " It came from the syscall at %#llx: that is the address in LSTAR.",
	         ULL(next - 2));
	set_cause(hint,
	          "syscall goes to the address in LSTAR (MSR 0xc0000082): write the address of "
	          "the kernel's entry there, all 64 bits, before it is used.");
	trace->steps[0] = (struct step){ place_of(look, next - 1), 1 };
	trace->steps[0].place.address = next;
	trace->count = 1;
}

/* The base of GS, which swapgs exchanges: who was interrupted, or has called, says which one it
 * should be. */
static void hint_gs(const struct hint *hint)
{
	const struct operand *operand =
		instruction_touches(&hint->explanation->instruction, hint->event->cr2);
	uint64_t next = hint->fault->registers[RCX];
	struct nesting nesting;
	struct text text = happened(hint);
	uint8_t before[2];
	bool user;

	if (hint->event->vector != VECTOR_PAGE || operand == NULL || operand->segment != 0x65
	    || (hint->fault->cs & 3) != 0)
		return;
	frames_read(hint->cpu, HANDLER_WORDS, &nesting);
	user = nesting.count == 0;
	if (nesting.count != 0) {
		user = (nesting.inner.cs & 3) != 0;
		text_add(&text, " A handler did that, which has interrupted %s at %#llx.",
		         user ? "user mode" : "the kernel", ULL(nesting.inner.rip));
	} else if (look_read(&hint->cpu->look, next - 2, before, 2) == 2 && before[0] == 0x0f
	           && before[1] == 0x05) {
		text_add(&text, " It came from the syscall at %#llx.", ULL(next - 2));
	} else {
		return;
	}
	set_cause(hint, user ? "User mode has its own GS base: on entry from user mode, first "
	                       "execute swapgs, which takes the kernel's base from MSR 0xc0000102."
	                     : "While the kernel runs, GS already has the kernel's base: a handler "
	                       "may execute swapgs only if the saved CS has RPL 3. Or the base was "
	                       "never set (MSR 0xc0000101).");
}

/* A return to where nothing can be fetched. */
static void hint_ret(const struct hint *hint)
{
	const struct fault *fault = hint->fault;
	uint64_t word, at = fault->registers[RSP] - 8;
	struct text text = happened(hint);

	if (!hint->cpu->long_mode || fault->code32 != 0 || (fault->cs & 3) != 0
	    || (!is_fetch(hint) && look_canonical(&hint->cpu->look, fault->rip))
	    || look_read(&hint->cpu->look, at, &word, sizeof(word)) != sizeof(word)
	    || word != fault->rip)
		return;
	for (unsigned i = 0; i < REGISTERS; i++) {
		if (fault->registers[i] == fault->rip)
			return; /* a jump or a call by this register is as likely */
	}
	text_add(&text, " A ret took it off the stack, at %#llx.", ULL(at));
}

void hints_add(const struct cpu_state *cpu, const struct event *event,
               struct explanation *explanation)
{
	struct hint hint = { cpu, cpu->look.fault, event, explanation };

	if (hint_pae_off(&hint) || hint_gdt(&hint))
		return;
	if (event->vector == VECTOR_PAGE)
		hint_long_mode_off(&hint);
	hint_narrow_code(&hint);
	hint_far_jump(&hint);
	hint_iret(&hint);
	hint_tables(&hint);
	hint_rights(&hint);
	hint_unaligned(&hint);
	hint_overflow(&hint);
	hint_direction(&hint);
	hint_syscall(&hint);
	hint_gs(&hint);
	hint_ret(&hint);
	hint_stack_lost(&hint);
	hint_zeros(&hint);
}
