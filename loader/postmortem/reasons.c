/* SPDX-License-Identifier: MIT */
/* reasons.c - describes obstacles: what is in memory, what should be there, and the usual cause. */
#include "postmortem/reasons.h"

#include "explain/explain.h"
#include "postmortem/descriptor.h"

#define NEAR UINT64_C(16384) /* of RSP: surely the stack */

static const char kinds[OBSTACLES][20] = {
	[OBSTACLE_NONE] = "triple-fault",
	[OBSTACLE_IDT_LIMIT] = "idt-limit",
	[OBSTACLE_IDT_MEMORY] = "idt-not-mapped",
	[OBSTACLE_GATE_TYPE] = "gate-type",
	[OBSTACLE_GATE_LEVEL] = "gate-level",
	[OBSTACLE_GATE_ABSENT] = "gate-not-present",
	[OBSTACLE_SELECTOR_NULL] = "gate-selector",
	[OBSTACLE_SELECTOR_LIMIT] = "gate-selector",
	[OBSTACLE_GDT_MEMORY] = "gdt-not-mapped",
	[OBSTACLE_SELECTOR_TYPE] = "gate-selector",
	[OBSTACLE_SELECTOR_LEVEL] = "gate-selector",
	[OBSTACLE_SELECTOR_ABSENT] = "gate-selector",
	[OBSTACLE_SELECTOR_MODE] = "gate-selector",
	[OBSTACLE_TSS_LIMIT] = "tss-limit",
	[OBSTACLE_TSS_MEMORY] = "tss-not-mapped",
	[OBSTACLE_TSS_SEGMENT] = "tss-segment",
	[OBSTACLE_STACK_CANONICAL] = "handler-stack",
	[OBSTACLE_STACK_MEMORY] = "handler-stack",
	[OBSTACLE_HANDLER_CANONICAL] = "handler-address",
	[OBSTACLE_HANDLER_MEMORY] = "handler-address",
	[OBSTACLE_NOT_MODELLED] = "triple-fault",
};

/* True if the gate was never written. */
static bool is_empty(const struct delivery *delivery)
{
	return delivery->gate[0] == 0 && delivery->gate[1] == 0;
}

const char *reason_kind(const struct delivery *delivery)
{
	if (delivery->obstacle == OBSTACLE_GATE_TYPE && is_empty(delivery))
		return "gate-empty";
	return kinds[delivery->obstacle];
}

/* True for what stands in the kernel, by an address of all 64 bits. */
static bool is_table(enum obstacle obstacle)
{
	return obstacle == OBSTACLE_IDT_MEMORY || obstacle == OBSTACLE_GDT_MEMORY
	    || obstacle == OBSTACLE_TSS_MEMORY;
}

/* A table whose base has lost its upper half. */
static void write_cut(struct text *text, const struct cpu_state *cpu,
                      const struct delivery *delivery)
{
	if (is_table(delivery->obstacle) && look_is_cut(&cpu->look, delivery->address))
		text_add(text, ", without the upper 32 bits of %#llx, which is the kernel's",
		         ULL(delivery->address | UPPER_HALF));
}

/* Which entry is missing: the clause after an address. */
static void write_missing(struct text *text, const struct cpu_state *cpu,
                          const struct delivery *delivery)
{
	const struct page *page = &delivery->page;

	if (page->mapped || delivery->obstacle == OBSTACLE_STACK_CANONICAL
	    || delivery->obstacle == OBSTACLE_HANDLER_CANONICAL)
		return;
	if (cpu->long_mode && !look_canonical(&cpu->look, delivery->address)) {
		text_add(text, " (not canonical)");
		return;
	}
	write_cut(text, cpu, delivery);
	text_add(text, " (the entry at level %u of the page tables is %#llx%s)", page->level,
	         ULL(page->entry), (page->entry & PTE_P) != 0 ? ", with a bit that must be 0" : "");
}

/* The name of a descriptor's type (SDM volume 3A, table 3-2). */
static const char *type_name(unsigned type)
{
	static const char names[16][24] = { "nothing",
		                            "a 16-bit TSS",
		                            "an LDT",
		                            "a busy 16-bit TSS",
		                            "a 16-bit call gate",
		                            "a task gate",
		                            "a 16-bit interrupt gate",
		                            "a 16-bit trap gate",
		                            "nothing",
		                            "a TSS",
		                            "nothing",
		                            "a busy TSS",
		                            "a call gate",
		                            "nothing",
		                            "an interrupt gate",
		                            "a trap gate" };

	return (type & 16) != 0 ? "a code or data segment" : names[type & 15];
}

static void write_gate(struct text *text, const struct delivery *delivery)
{
	text_add(text, "its gate (at %#llx)", ULL(delivery->gate_at));
}

/* What is not a gate: byte 5 is 0, or the last 4 bytes are not. */
static void write_no_gate(struct text *text, const struct delivery *delivery)
{
	text_add(text, " has %016llx", ULL(delivery->gate[0]));
	if (delivery->gate[1] != 0)
		text_add(text, " %016llx", ULL(delivery->gate[1]));
	text_add(text, ", which is not a gate");
}

/* A gate of a wrong type. */
static void write_type(struct text *text, const struct delivery *delivery)
{
	write_gate(text, delivery);
	if (is_empty(delivery))
		text_add(text, " is empty");
	else if ((delivery->gate[0] >> 40 & 0xff) == 0 || delivery->gate[1] >> 32 != 0)
		write_no_gate(text, delivery);
	else
		text_add(text, " is of type %u, %s; it must be 14 (interrupt) or 15 (trap)",
		         gate_type(delivery), type_name(gate_type(delivery)));
}

/* The descriptor that the gate's selector selects. */
static void write_selector(struct text *text, const struct cpu_state *cpu,
                           const struct delivery *delivery)
{
	uint64_t code = delivery->descriptor;
	const char *table = (delivery->selector & SELECTOR_LDT) != 0 ? "LDT" : "GDT";

	write_gate(text, delivery);
	text_add(text, " has the selector %#x", delivery->selector);
	switch (delivery->obstacle) {
	case OBSTACLE_SELECTOR_NULL:
		text_add(text, ", which selects no segment");
		break;
	case OBSTACLE_SELECTOR_LIMIT:
		text_add(text, ", and the %s ends before that (limit %#x)", table,
		         descriptor_table(cpu, delivery->selector).limit);
		break;
	case OBSTACLE_SELECTOR_LEVEL:
		text_add(text, ", code of ring %u, which an interrupt in ring %u cannot enter",
		         descriptor_level(code), cpu->look.fault->cs & 3u);
		break;
	case OBSTACLE_SELECTOR_ABSENT:
		text_add(text, ", whose descriptor is not present (%016llx, bit 47 is 0)",
		         ULL(code));
		break;
	case OBSTACLE_SELECTOR_MODE:
		text_add(text, ", which is %s code, not 64-bit code (%016llx: L, bit 53, is %u)",
		         (code & SEGMENT_CODE_32) != 0 ? "32-bit" : "16-bit", ULL(code),
		         (code & SEGMENT_CODE_64) != 0);
		break;
	default:
		text_add(text, ", which is not a code segment: the %s has %016llx there%s", table,
		         ULL(code), code == 0 ? ", an empty entry" : "");
	}
}

/* True if the TSS is the one that the kernel has begun with. */
static bool is_loaders(const struct cpu_state *cpu)
{
	return fault_range_has(cpu->look.marks->resident, cpu->task.base);
}

static const char *task_name(const struct cpu_state *cpu)
{
	return is_loaders(cpu) ? "Longjump's own TSS" : "the TSS";
}

/* The stack for the frame. */
static void write_stack(struct text *text, const struct cpu_state *cpu,
                        const struct delivery *delivery)
{
	const struct fault_range *stack = &cpu->look.marks->stack;

	if (delivery->stack_number != 0)
		text_add(text, "its stack, IST%u of %s (at %#llx), is %#llx",
		         delivery->stack_number, task_name(cpu), ULL(cpu->task.base),
		         ULL(delivery->stack_told));
	else if (delivery->switches)
		text_add(text, "its stack, %s of %s (at %#llx), is %#llx",
		         cpu->long_mode ? "RSP0" : "ESP0", task_name(cpu), ULL(cpu->task.base),
		         ULL(delivery->stack_told));
	else
		text_add(text, "it would run on the current stack, at %#llx", ULL(delivery->stack));
	if (delivery->obstacle == OBSTACLE_STACK_CANONICAL)
		text_add(text, ", which is not a canonical address");
	else if (delivery->page.mapped)
		text_add(text, ", and %#llx may not be written", ULL(delivery->address));
	else
		text_add(text, ", and nothing is mapped at %#llx", ULL(delivery->address));
	write_missing(text, cpu, delivery);
	if (!delivery->switches && stack->begin != stack->end
	    && stack->begin - delivery->address <= PAGE_SIZE)
		text_add(text, ": the stack has overflowed");
}

/* True if code of the kernel's lies at the address. */
static bool is_code(const struct cpu_state *cpu, uint64_t address)
{
	struct fault_info_segment segment;

	return look_segment(&cpu->look, address, &segment) && (segment.rights & RIGHT_EXECUTE) != 0;
}

/* Parts of the offset that were exchanged. */
static void write_exchanged(struct text *text, const struct cpu_state *cpu,
                            const struct delivery *delivery)
{
	uint64_t low = delivery->handler & 0xffff, middle = delivery->handler >> 16 & 0xffff;
	uint64_t high = delivery->handler >> 32;
	uint64_t swapped = middle | low << 16 | high << 32;
	uint64_t shifted = low | high << 16; /* the second and the third part */

	if ((shifted >> 47 & 1) != 0)
		shifted |= UINT64_MAX << 48;
	if (is_code(cpu, swapped))
		text_add(text,
		         "; with bits 0-15 and 16-31 of its offset exchanged it would be %#llx, "
		         "which is the kernel's code",
		         ULL(swapped));
	else if (cpu->long_mode && is_code(cpu, shifted))
		text_add(text,
		         "; its bits 32-63 are bits 16-47 of %#llx, which is the kernel's code",
		         ULL(shifted));
}

/* The handler that cannot be fetched. */
static void write_handler(struct text *text, const struct cpu_state *cpu,
                          const struct delivery *delivery)
{
	uint64_t pointed;

	text_add(text, "its gate leads to %#llx, ", ULL(delivery->handler));
	if (delivery->obstacle == OBSTACLE_HANDLER_CANONICAL)
		text_add(text, "which is not a canonical address");
	else if (!delivery->page.mapped)
		text_add(text, "where nothing is mapped");
	else if (!delivery->page.execute)
		text_add(text, "which may not be executed");
	else
		text_add(text, "a user-mode page, which SMEP keeps the kernel from executing");
	write_missing(text, cpu, delivery);
	if (look_is_cut(&cpu->look, delivery->handler))
		text_add(text, "; %#llx is the kernel's: the upper 32 bits are missing",
		         ULL(delivery->handler | UPPER_HALF));
	else
		write_exchanged(text, cpu, delivery);
	if (delivery->page.mapped
	    && look_read(&cpu->look, delivery->handler, &pointed, sizeof(pointed))
	               == sizeof(pointed)
	    && is_code(cpu, pointed))
		text_add(text,
		         "; the word there is %#llx, which is the kernel's code: the gate has the "
		         "address of a pointer to it",
		         ULL(pointed));
}

/* The IDT that is too short, or not there. */
static void write_idt(struct text *text, const struct cpu_state *cpu,
                      const struct step_of_chain *step)
{
	const struct fault_table *idt = &cpu->look.fault->idt;
	unsigned size = cpu->long_mode ? 16 : 8;

	if (step->delivery.obstacle == OBSTACLE_IDT_MEMORY) {
		text_add(text, "the IDT (at %#llx) is not mapped where its gate is, at %#llx",
		         ULL(idt->base), ULL(step->delivery.address));
		write_missing(text, cpu, &step->delivery);
	} else if (idt->limit < size - 1) {
		text_add(text, "there is no IDT (its limit is %u)", idt->limit);
	} else {
		text_add(text,
		         "the IDT (at %#llx, limit %#x) ends before its gate: it has %u gates, 0 "
		         "to %u",
		         ULL(idt->base), idt->limit, (idt->limit + 1u) / size,
		         (idt->limit + 1u) / size - 1);
	}
}

/* The TSS that is too short, not there, or without a stack. */
static void write_tss(struct text *text, const struct cpu_state *cpu,
                      const struct delivery *delivery)
{
	char name[8];
	struct text named = text_in(name, sizeof(name));

	text_add(&named,
	         delivery->stack_number != 0 ? "IST%u"
	         : cpu->long_mode            ? "RSP0"
	                                     : "ESP0",
	         delivery->stack_number);
	if (delivery->obstacle == OBSTACLE_TSS_SEGMENT) {
		text_add(
			text,
			"SS0 of the TSS (at %#llx) is %#x, which is not the kernel's writable data",
			ULL(cpu->task.base), delivery->stack_selector);
	} else if ((cpu->look.fault->tr & 0xfffc) == 0) {
		text_add(text, "it needs a stack from a TSS (%s), and none is loaded: TR is 0",
		         name);
	} else if (delivery->obstacle == OBSTACLE_TSS_MEMORY) {
		text_add(text, "the TSS (at %#llx), which has its stack (%s), is not mapped",
		         ULL(cpu->task.base), name);
		write_missing(text, cpu, delivery);
	} else {
		text_add(text,
		         "it needs a stack from the TSS (%s), and the TSS (at %#llx) ends before "
		         "that: its limit is %#x",
		         name, ULL(cpu->task.base), cpu->task.limit);
	}
}

/* Why no more is known of it. */
static void write_not_modelled(struct text *text, const struct cpu_state *cpu)
{
	text_add(text,
	         cpu->protected_mode
	                 ? "its gate is a task gate, and why the task switch failed is not known"
	                 : "the CPU is in real mode, and what happened there is not known");
}

void reason_write(struct text *text, const struct cpu_state *cpu, const struct step_of_chain *step)
{
	const struct delivery *delivery = &step->delivery;

	switch (delivery->obstacle) {
	case OBSTACLE_NONE:
		text_add(text, "its handler runs at %#llx", ULL(delivery->handler));
		break;
	case OBSTACLE_IDT_LIMIT:
	case OBSTACLE_IDT_MEMORY:
		write_idt(text, cpu, step);
		break;
	case OBSTACLE_GATE_TYPE:
		write_type(text, delivery);
		break;
	case OBSTACLE_GATE_LEVEL:
		write_gate(text, delivery);
		text_add(text, " has DPL %u, and user mode may use it only with DPL 3",
		         descriptor_level(delivery->gate[0]));
		break;
	case OBSTACLE_GATE_ABSENT:
		write_gate(text, delivery);
		text_add(text, " is not present (%016llx, bit 47 is 0)", ULL(delivery->gate[0]));
		break;
	case OBSTACLE_TSS_LIMIT:
	case OBSTACLE_TSS_MEMORY:
	case OBSTACLE_TSS_SEGMENT:
		write_tss(text, cpu, delivery);
		break;
	case OBSTACLE_STACK_CANONICAL:
	case OBSTACLE_STACK_MEMORY:
		write_stack(text, cpu, delivery);
		break;
	case OBSTACLE_HANDLER_CANONICAL:
	case OBSTACLE_HANDLER_MEMORY:
		write_handler(text, cpu, delivery);
		break;
	case OBSTACLE_GDT_MEMORY:
		text_add(text, "the GDT (at %#llx) is not mapped", ULL(cpu->look.fault->gdt.base));
		write_missing(text, cpu, delivery);
		break;
	case OBSTACLE_NOT_MODELLED:
		write_not_modelled(text, cpu);
		break;
	default:
		write_selector(text, cpu, delivery);
	}
}

/* True if the second half of the gate also looks like a gate: it has type and rights of one. */
static bool is_narrow(const struct cpu_state *cpu, const struct delivery *delivery)
{
	return cpu->long_mode && (delivery->gate[1] >> 40 & 0x9e) == 0x8e;
}

/* What makes a gate wrong. */
static void gate_cause(struct text *text, const struct cpu_state *cpu,
                       const struct delivery *delivery)
{
	if (is_empty(delivery))
		text_add(text, "This gate was never filled in (it is all zero), or lidt was given "
		               "a wrong address. Fill in the gates of all 32 exceptions.");
	else if ((delivery->gate[0] >> 40 & 0xff) == 0 || delivery->gate[1] >> 32 != 0)
		text_add(text, "The IDT was overwritten, by an overrun or because its memory was "
		               "reused, or lidt was given a wrong address.");
	else
		text_add(text,
		         "Byte 5 of a gate is type and rights: 0x8e for the kernel's own interrupt "
		         "gates, 0xee for one that user mode may call. %s",
		         cpu->long_mode ? "A gate has 16 bytes: offset 0-15, selector, IST, type, "
		                          "offset 16-31, offset 32-63, 0."
		                        : "A gate has 8 bytes: offset 0-15, selector, 0, type, "
		                          "offset 16-31.");
}

/* A base that is what lies between the limit and the base of a structure that is not packed, or the
 * first bytes of a table itself. False if it is neither. */
static bool base_cause(struct text *text, const struct cpu_state *cpu, uint64_t base, bool is_idt)
{
	const char *instruction = is_idt ? "lidt" : "lgdt";

	if (!cpu->long_mode)
		return false;
	if (base << 16 == 0 && base != 0)
		text_add(text,
		         "The structure that %s reads is not packed: the CPU takes the "
		         "base right after the limit, from padding (__attribute__((packed)), "
		         "#[repr(C, packed)]).",
		         instruction);
	else if (is_idt && (base & 0xffff) == (cpu->look.fault->cs & 0xfffcu)
	         && (base >> 24 & 0x9e) == 0x8e)
		text_add(text, "The base looks like the middle of a gate: lidt was given the IDT "
		               "itself. It takes the address of 10 bytes, limit and base.");
	else
		return false;
	return true;
}

/* What makes tables end early or lie nowhere. */
static void table_cause(struct text *text, const struct cpu_state *cpu,
                        const struct step_of_chain *step)
{
	const struct fault *fault = cpu->look.fault;

	switch (step->delivery.obstacle) {
	case OBSTACLE_IDT_LIMIT:
		if (step->event.external)
			text_add(text, "Interrupts were enabled (sti) before there was a gate for "
			               "this one. ");
		text_add(text,
		         "lidt reads a limit of 16 bits, the size in bytes minus 1 (%u for 256 "
		         "gates), and the base right after it: the structure must be packed.",
		         cpu->long_mode ? 4095 : 2047);
		break;
	case OBSTACLE_IDT_MEMORY:
		if (base_cause(text, cpu, fault->idt.base, true))
			break;
		if (fault_range_has(cpu->look.marks->resident, fault->idt.base)) {
			text_add(text, "The IDT is still Longjump's, and the new page tables do "
			               "not map it. Execute lidt with the kernel's own IDT "
			               "before the first mov to CR3.");
			break;
		}
		text_add(text, "The new page tables do not map the IDT, or the structure "
		               "that lidt reads is not packed (limit 16 bits, base right after "
		               "it), or has the base cut to 32 bits.");
		break;
	case OBSTACLE_GDT_MEMORY:
		if (base_cause(text, cpu, fault->gdt.base, false))
			break;
		text_add(text, "The new page tables do not map the GDT, its memory was freed, or "
		               "lgdt read a structure that is not packed. A GDT is "
		               "needed as long as the kernel runs.");
		break;
	case OBSTACLE_TSS_MEMORY:
		text_add(text,
		         "The descriptor of a 64-bit TSS has 16 bytes: the upper half of the "
		         "base is in its second half. Or the page tables do not map the TSS.");
		break;
	case OBSTACLE_TSS_SEGMENT:
		text_add(text, "In protected mode the TSS has the stack's segment beside ESP0: put "
		               "the selector of the kernel's data into SS0 (offset 8).");
		break;
	default:
		text_add(text, "A TSS is needed for handlers with an IST, and for all handlers "
		               "when user mode runs: fill it in, give it a descriptor with limit "
		               "103, and execute ltr.");
	}
}

/* What makes the stack or the address of a handler wrong. */
static void memory_cause(struct text *text, const struct cpu_state *cpu,
                         const struct delivery *delivery)
{
	if (delivery->obstacle == OBSTACLE_HANDLER_CANONICAL
	    || delivery->obstacle == OBSTACLE_HANDLER_MEMORY) {
		text_add(text,
		         "The gate's offset is in three parts: bits 0-15 in bytes 0 and 1, "
		         "16-31 in bytes 6 and 7%s; or the page tables do not map the handler.",
		         cpu->long_mode ? ", 32-63 in bytes 8 to 11" : "");
	} else if (delivery->switches && is_loaders(cpu)) {
		text_add(text, "The kernel has loaded no TSS of its own. It needs one before user "
		               "mode runs: a descriptor in its GDT, RSP0 filled, and ltr.");
	} else if (delivery->switches) {
		text_add(text, "The TSS was not filled in, or has the wrong end of the stack (it "
		               "must be the highest address), or the page tables do not map that "
		               "stack.");
	} else {
		text_add(text, "A stack overflow, or a stack pointer that was lost: the exception "
		               "cannot be delivered on a stack that does not exist. Give #PF and "
		               "#DF their own stacks: an IST in the gate, and a stack in the TSS.");
	}
}

/* What makes the selector of a gate wrong. */
static void selector_cause(struct text *text, const struct cpu_state *cpu,
                           const struct delivery *delivery)
{
	const struct fault *fault = cpu->look.fault;

	if ((delivery->selector & 0xfffc) != (fault->cs & 0xfffcu)) {
		text_add(text,
		         "The gates were made for another GDT. CS is %#x now: fill the gates with "
		         "the selector of the kernel's code in the GDT that lgdt has loaded.",
		         fault->cs);
		return;
	}
	text_add(text,
	         "CS is %#x as well: the code runs only because the CPU has cached the "
	         "descriptor. Either lgdt has loaded a GDT with something else there, and CS "
	         "was not reloaded with a far return; or the GDT was overwritten.",
	         fault->cs);
	if (fault->gdt.base - fault->registers[RSP] + NEAR < 2 * NEAR
	    || fault_range_has(cpu->look.marks->stack, fault->gdt.base))
		text_add(text, " It lies on the stack: make it static, since the CPU reads it as "
		               "long as the kernel runs.");
}

void reason_cause(struct text *text, const struct cpu_state *cpu, const struct step_of_chain *step)
{
	if (is_narrow(cpu, &step->delivery)) {
		text_add(text, "The IDT looks as if it had the 8-byte gates of 32-bit mode; in "
		               "long mode a gate has 16 bytes.");
		return;
	}
	switch (step->delivery.obstacle) {
	case OBSTACLE_NONE:
	case OBSTACLE_NOT_MODELLED:
		break;
	case OBSTACLE_GATE_TYPE:
	case OBSTACLE_GATE_LEVEL:
	case OBSTACLE_GATE_ABSENT:
		gate_cause(text, cpu, &step->delivery);
		break;
	case OBSTACLE_STACK_CANONICAL:
	case OBSTACLE_STACK_MEMORY:
	case OBSTACLE_HANDLER_CANONICAL:
	case OBSTACLE_HANDLER_MEMORY:
		memory_cause(text, cpu, &step->delivery);
		break;
	case OBSTACLE_IDT_LIMIT:
	case OBSTACLE_IDT_MEMORY:
	case OBSTACLE_GDT_MEMORY:
	case OBSTACLE_TSS_LIMIT:
	case OBSTACLE_TSS_MEMORY:
	case OBSTACLE_TSS_SEGMENT:
		table_cause(text, cpu, step);
		break;
	default:
		selector_cause(text, cpu, &step->delivery);
	}
}

void event_write(struct text *text, const struct event *event)
{
	const char *mnemonic = "";
	const char *name;

	if (event->unknown || event->vector == VECTORS_ALL) {
		text_add(text, "an exception");
		return;
	}
	if (event->external || event->software) {
		text_add(text, event->external ? "hardware interrupt %#x" : "int %#x",
		         event->vector);
		return;
	}
	name = explain_name(event->vector, &mnemonic);
	text_add(text, "%s%s%s", mnemonic, mnemonic[0] != 0 ? " " : "", name);
	if (!event->has_error)
		return;
	text_add(text, " (error %#x", event->error);
	if (event->vector == VECTOR_PAGE)
		text_add(text, ", CR2 %#llx", ULL(event->cr2));
	else if ((event->error & SELECTOR_IDT) != 0)
		text_add(text, ": gate %#x of the IDT", event->error >> 3 & 0xff);
	else if ((event->error & 0xfffc) != 0)
		text_add(text, ": selector %#x", event->error & 0xfff8);
	text_add(text, ")");
}

void walk_write(struct text *text, const struct cpu_state *cpu, uint64_t address)
{
	unsigned levels = look_levels(&cpu->look);
	struct page page = cpu_look_up(cpu, address);

	text_add(text, "%#llx: ", ULL(address));
	if (levels == 0) {
		text_add(text, "paging is off");
		return;
	}
	if (cpu->long_mode && !look_canonical(&cpu->look, address)) {
		text_add(text, "not canonical");
		return;
	}
	for (unsigned level = levels; level > 0 && level >= page.level; level--)
		text_add(text, "%slevel %u %#llx", level == levels ? "" : ", ", level,
		         ULL(page.path[level - 1]));
	if (!page.mapped) {
		text_add(text,
		         (page.entry & PTE_P) != 0 ? " (a bit that must be 0)" : " (not present)");
		return;
	}
	text_add(text, " -> physical %#llx, r%c%c%s", ULL(page.physical), page.write ? 'w' : '-',
	         page.execute ? 'x' : '-', page.user ? ", user" : "");
}
