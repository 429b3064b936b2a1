/* SPDX-License-Identifier: MIT */
/* deliver.c - the CPU's checks between an event and the first instruction of its handler. */
#include "postmortem/deliver.h"

#include "explain/frame.h"
#include "postmortem/descriptor.h"

enum {
	GATE_TASK = 5,
	GATE_INTERRUPT_16 = 6,
	GATE_TRAP_16 = 7,
	GATE_INTERRUPT_32 = 14, /* in long mode: a 64-bit one */
	GATE_TRAP_32 = 15,
	TSS_STACK_0 = 4, /* offset of RSP0 in a 64-bit TSS, and of ESP0 in a 32-bit one */
	TSS_IST_1 = 0x24 /* of IST1 in a 64-bit TSS */
};

/* Records the obstacle, and the exception that the CPU raises for it. */
static bool stopped(struct delivery *delivery, enum obstacle obstacle, unsigned vector,
                    uint32_t error)
{
	delivery->obstacle = obstacle;
	delivery->raises = (struct event){ .vector = vector, .has_error = true, .error = error };
	return false;
}

/* The same for a page that is not present or does not allow the access. */
static bool stopped_by_page(struct delivery *delivery, enum obstacle obstacle, uint64_t address,
                            const struct page *page, uint32_t error)
{
	stopped(delivery, obstacle, VECTOR_PAGE, error | page_fault_bits(page));
	delivery->raises.cr2 = address;
	delivery->address = address;
	delivery->page = *page;
	return false;
}

/* The first byte from `address` on that is not mapped. */
static uint64_t first_unmapped(const struct cpu_state *cpu, uint64_t address, struct page *page)
{
	*page = cpu_look_up(cpu, address);
	if (!page->mapped)
		return address;
	address = page_up(address + 1);
	*page = cpu_look_up(cpu, address);
	return address;
}

/* Reads one of the CPU's tables. */
static bool read_table(const struct cpu_state *cpu, uint64_t at, void *to, unsigned size,
                       enum obstacle obstacle, struct delivery *delivery)
{
	struct page page;

	if (look_read(&cpu->look, at, to, size) == size)
		return true;
	if (cpu->long_mode && !look_canonical(&cpu->look, at)) {
		delivery->address = at;
		return stopped(delivery, obstacle, VECTOR_PROTECTION, 0);
	}
	at = first_unmapped(cpu, at, &page);
	return stopped_by_page(delivery, obstacle, at, &page, 0);
}

static unsigned gate_size(const struct cpu_state *cpu)
{
	return cpu->long_mode ? 16 : 8;
}

unsigned gate_type(const struct delivery *delivery)
{
	return (unsigned)(delivery->gate[0] >> 40) & 31;
}

uint64_t gate_handler(const struct cpu_state *cpu, const uint64_t gate[2])
{
	uint64_t low = (gate[0] & 0xffff) | (gate[0] >> 32 & 0xffff0000);
	unsigned type = (unsigned)(gate[0] >> 40) & 31;

	if (cpu->long_mode)
		return low | gate[1] << 32;
	return type == GATE_INTERRUPT_16 || type == GATE_TRAP_16 ? low & 0xffff : low;
}

bool gate_read(const struct cpu_state *cpu, unsigned vector, uint64_t gate[2])
{
	const struct fault *fault = cpu->look.fault;
	unsigned size = gate_size(cpu);

	gate[1] = 0;
	return vector * size + size - 1 <= fault->idt.limit
	    && look_read(&cpu->look, fault->idt.base + vector * size, gate, size) == size;
}

/* The gate: there, of a type that it may have, and one that this event may use. */
static bool check_gate(const struct cpu_state *cpu, const struct event *event,
                       struct delivery *delivery)
{
	const struct fault *fault = cpu->look.fault;
	unsigned size = gate_size(cpu);
	uint32_t error = event->vector << 3 | SELECTOR_IDT | (event->software ? 0 : 1);
	unsigned type;

	delivery->gate_at = fault->idt.base + event->vector * size;
	if (event->vector * size + size - 1 > fault->idt.limit)
		return stopped(delivery, OBSTACLE_IDT_LIMIT, VECTOR_PROTECTION, error);
	if (!read_table(cpu, delivery->gate_at, delivery->gate, size, OBSTACLE_IDT_MEMORY,
	                delivery))
		return false;
	type = gate_type(delivery);
	delivery->selector = (uint16_t)(delivery->gate[0] >> 16);
	delivery->handler = gate_handler(cpu, delivery->gate);
	if (!cpu->long_mode && type == GATE_TASK) {
		delivery->obstacle = OBSTACLE_NOT_MODELLED;
		return false;
	}
	if (type != GATE_INTERRUPT_32 && type != GATE_TRAP_32
	    && (cpu->long_mode || (type != GATE_INTERRUPT_16 && type != GATE_TRAP_16)))
		return stopped(delivery, OBSTACLE_GATE_TYPE, VECTOR_PROTECTION, error);
	if (event->software && descriptor_level(delivery->gate[0]) < (fault->cs & 3u))
		return stopped(delivery, OBSTACLE_GATE_LEVEL, VECTOR_PROTECTION, error);
	if ((delivery->gate[0] & SEGMENT_PRESENT) == 0)
		return stopped(delivery, OBSTACLE_GATE_ABSENT, VECTOR_NOT_PRESENT, error);
	delivery->stack_number = cpu->long_mode ? (unsigned)(delivery->gate[0] >> 32) & 7 : 0;
	return true;
}

/* The code segment that the gate names. */
static bool check_selector(const struct cpu_state *cpu, const struct event *event,
                           struct delivery *delivery)
{
	const struct fault *fault = cpu->look.fault;
	uint16_t selector = delivery->selector;
	struct hidden table = descriptor_table(cpu, selector);
	uint32_t external = event->software ? 0 : 1;
	uint32_t error = (selector & 0xfffcu) | external;
	uint64_t code;

	if ((selector & 0xfffc) == 0)
		return stopped(delivery, OBSTACLE_SELECTOR_NULL, VECTOR_PROTECTION, external);
	if ((selector | 7u) > table.limit)
		return stopped(delivery, OBSTACLE_SELECTOR_LIMIT, VECTOR_PROTECTION, error);
	if (!read_table(cpu, table.base + (selector & 0xfff8u), &code, sizeof(code),
	                OBSTACLE_GDT_MEMORY, delivery))
		return false;
	delivery->descriptor = code;
	if ((code & SEGMENT_CODE_OR_DATA) == 0 || (code & SEGMENT_CODE) == 0)
		return stopped(delivery, OBSTACLE_SELECTOR_TYPE, VECTOR_PROTECTION, error);
	if (descriptor_level(code) > (fault->cs & 3u))
		return stopped(delivery, OBSTACLE_SELECTOR_LEVEL, VECTOR_PROTECTION, error);
	if ((code & SEGMENT_PRESENT) == 0)
		return stopped(delivery, OBSTACLE_SELECTOR_ABSENT, VECTOR_NOT_PRESENT, error);
	if (cpu->long_mode && (code & (SEGMENT_CODE_64 | SEGMENT_CODE_32)) != SEGMENT_CODE_64)
		return stopped(delivery, OBSTACLE_SELECTOR_MODE, VECTOR_PROTECTION, error);
	return true;
}

/* The stack in the TSS for this gate and ring. */
static bool read_stack(const struct cpu_state *cpu, const struct event *event,
                       struct delivery *delivery, unsigned offset, unsigned size)
{
	uint64_t stack = 0;
	uint32_t error = (cpu->look.fault->tr & 0xfffcu) | (event->software ? 0 : 1);

	delivery->switches = true;
	if (offset + size - 1 > cpu->task.limit || (cpu->look.fault->tr & 0xfffc) == 0)
		return stopped(delivery, OBSTACLE_TSS_LIMIT, VECTOR_TSS, error);
	if (!read_table(cpu, cpu->task.base + offset, &stack, size, OBSTACLE_TSS_MEMORY, delivery))
		return false;
	delivery->stack = stack;
	return true;
}

bool tss_stack(const struct cpu_state *cpu, unsigned number, uint64_t *stack)
{
	unsigned offset = number == 0 ? TSS_STACK_0 : TSS_IST_1 + 8 * (number - 1);

	return (cpu->look.fault->tr & 0xfffc) != 0 && offset + 7 <= cpu->task.limit
	    && look_read(&cpu->look, cpu->task.base + offset, stack, 8) == 8;
}

/* The segment that a 32-bit TSS has for that stack: writable data of the handler's ring. */
static bool check_stack_segment(const struct cpu_state *cpu, const struct event *event,
                                struct delivery *delivery, unsigned level)
{
	uint64_t descriptor = 0;
	uint16_t selector = 0;
	uint32_t external = event->software ? 0 : 1;

	if (cpu->long_mode)
		return true;
	look_read(&cpu->look, cpu->task.base + TSS_STACK_0 + 8 * level + 4, &selector, 2);
	delivery->stack_selector = selector;
	if ((selector & SELECTOR_LDT) != 0)
		return true; /* an LDT's are not looked at */
	descriptor_read(cpu, selector, &descriptor);
	if ((selector & 3u) != level || descriptor_level(descriptor) != level
	    || (descriptor & (SEGMENT_CODE_OR_DATA | SEGMENT_CODE | SEGMENT_WRITABLE))
	               != (SEGMENT_CODE_OR_DATA | SEGMENT_WRITABLE))
		return stopped(delivery, OBSTACLE_TSS_SEGMENT, VECTOR_TSS,
		               (selector & 0xfffcu) | external);
	return (descriptor & SEGMENT_PRESENT) != 0
	    || stopped(delivery, OBSTACLE_TSS_SEGMENT, VECTOR_STACK,
	               (selector & 0xfffcu) | external);
}

/* The stack on which the handler will run, by gate, ring and TSS. */
static bool find_stack(const struct cpu_state *cpu, const struct event *event,
                       struct delivery *delivery)
{
	bool inward = (delivery->descriptor & SEGMENT_CONFORMING) == 0
	           && descriptor_level(delivery->descriptor) < (cpu->look.fault->cs & 3u);
	unsigned level = descriptor_level(delivery->descriptor);

	delivery->stack = cpu->look.fault->registers[RSP];
	if (delivery->stack_number != 0
	    && !read_stack(cpu, event, delivery, TSS_IST_1 + 8 * (delivery->stack_number - 1), 8))
		return false;
	if (delivery->stack_number == 0 && inward
	    && (!read_stack(cpu, event, delivery, TSS_STACK_0 + 8 * level, cpu->long_mode ? 8 : 4)
	        || !check_stack_segment(cpu, event, delivery, level)))
		return false;
	delivery->stack_told = delivery->stack;
	if (!cpu->long_mode)
		return true;
	if (!look_canonical(&cpu->look, delivery->stack)) {
		delivery->address = delivery->stack;
		return stopped(delivery, OBSTACLE_STACK_CANONICAL, VECTOR_STACK,
		               event->software ? 0 : 1);
	}
	delivery->stack &= ~UINT64_C(15);
	return true;
}

/* True if the CPU can write the words of its frame at this address. */
static bool can_push(const struct cpu_state *cpu, uint64_t address, struct page *page)
{
	*page = cpu_look_up(cpu, address);
	return page->mapped && (page->write || (cpu->look.fault->cr0 & CR0_WP) == 0);
}

/* The frame: five words in long mode, and the error code; the highest is written first. */
static bool check_stack(const struct cpu_state *cpu, const struct event *event,
                        struct delivery *delivery)
{
	unsigned word = cpu->long_mode ? 8 : 4;
	unsigned words = (cpu->long_mode || delivery->switches ? 5u : 3u) + event->has_error;
	struct page page;

	if (!find_stack(cpu, event, delivery))
		return false;
	for (unsigned i = 1; i <= words; i++) {
		uint64_t at = delivery->stack - i * word;

		if (!cpu->long_mode)
			at &= UINT32_MAX;
		if (!can_push(cpu, at, &page))
			return stopped_by_page(delivery, OBSTACLE_STACK_MEMORY, at, &page,
			                       PAGE_FAULT_WRITE);
	}
	return true;
}

bool can_fetch(const struct cpu_state *cpu, uint64_t address, struct page *page)
{
	bool user = (cpu->look.fault->cs & 3) == 3;

	*page = cpu_look_up(cpu, address);
	if (!page->mapped || (cpu->no_execute && !page->execute) || (user && !page->user))
		return false;
	return user || !page->user || (cpu->look.fault->cr4 & CR4_SMEP) == 0 || !cpu->long_mode;
}

/* The handler's first instruction. The kernel's ring is meant, whatever ran before. */
static bool check_handler(const struct cpu_state *cpu, struct delivery *delivery)
{
	struct fault inside = *cpu->look.fault;
	struct cpu_state there = *cpu;
	struct page page;

	inside.cs = delivery->selector & 0xfffc;
	inside.cs |= (uint16_t)descriptor_level(delivery->descriptor);
	there.look.fault = &inside;
	if (cpu->long_mode && !look_canonical(&cpu->look, delivery->handler)) {
		delivery->address = delivery->handler;
		return stopped(delivery, OBSTACLE_HANDLER_CANONICAL, VECTOR_PROTECTION, 0);
	}
	if (can_fetch(&there, delivery->handler, &page))
		return true;
	return stopped_by_page(delivery, OBSTACLE_HANDLER_MEMORY, delivery->handler, &page,
	                       cpu->no_execute ? PAGE_FAULT_FETCH : 0);
}

void deliver(const struct cpu_state *cpu, const struct event *event, struct delivery *delivery)
{
	*delivery = (struct delivery){ .obstacle = OBSTACLE_NONE };
	if (!cpu->protected_mode || event->unknown) {
		delivery->obstacle = OBSTACLE_NOT_MODELLED;
		return;
	}
	if (check_gate(cpu, event, delivery) && check_selector(cpu, event, delivery)
	    && check_stack(cpu, event, delivery))
		check_handler(cpu, delivery);
}
