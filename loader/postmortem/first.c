/* SPDX-License-Identifier: MIT */
/*
 * first.c - the first exception: from a log, if there is one and it fits what the CPU would have
 * done; or from the instruction at RIP, if only one exception is possible there. What is not
 * certain is unknown.
 */
#include "postmortem/first.h"

#include "explain/decode.h"
#include "explain/frame.h"
#include "explain/operands.h"
#include "explain/other.h"
#include "postmortem/loads.h"
#include "postmortem/writes.h"

enum {
	UNWIND_MAX = 100000, /* frames: a stack can be large */
	FLAG_ALWAYS = 2,     /* a bit of RFLAGS that is always 1 */
	OPCODE_HLT = 0xf4,
	TSS_IO_MAP = 0x66, /* where a TSS has the offset of the map of ports */
	DIV = 6            /* in ModRM; idiv is 7 */
};

/* ---- frames of handlers that did not run ---- */

/* What the CPU has pushed. */
struct frame {
	uint64_t error, rip, cs, rflags, rsp, ss;
};

/* Reads a frame; false if the words cannot be one. */
static bool read_frame(const struct cpu_state *cpu, const struct fault *fault, bool has_error,
                       struct frame *frame)
{
	struct look look = cpu->look;
	unsigned at = 0;
	bool good;

	look.fault = fault;
	*frame = (struct frame){ .rsp = 0 };
	good = !has_error || look_stack(&look, at++, &frame->error);
	good = good && look_stack(&look, at, &frame->rip) && look_stack(&look, at + 1, &frame->cs)
	    && look_stack(&look, at + 2, &frame->rflags);
	good = good && (frame->rflags & FLAG_ALWAYS) != 0 && frame->rflags >> 22 == 0
	    && (frame->cs == fault->cs || (frame->cs & ~UINT64_C(0xffff)) == 0)
	    && (frame->cs & 0xfffc) != 0 && frame->error >> 32 == 0;
	if (good && !cpu->long_mode && (frame->cs & 3) == 0) {
		frame->rsp = fault->registers[RSP] + 4 * (at + 3);
		frame->ss = fault->ss;
		return true;
	}
	return good && look_stack(&look, at + 3, &frame->rsp)
	    && look_stack(&look, at + 4, &frame->ss);
}

/* The one vector whose gate leads to this address; VECTORS_ALL if there are several, -1 if none. */
static int vector_of(const struct cpu_state *cpu, uint64_t handler)
{
	int found = -1;

	for (unsigned vector = 0; vector < VECTORS_ALL; vector++) {
		uint64_t gate[2];

		if (!gate_read(cpu, vector, gate) || (gate[0] & SEGMENT_PRESENT) == 0
		    || gate_handler(cpu, gate) != handler)
			continue;
		if (found >= 0)
			return VECTORS_ALL;
		found = (int)vector;
	}
	return found;
}

unsigned first_unwind(const struct cpu_state *cpu, struct fault *fault, struct event *event)
{
	struct cpu_state then = *cpu;
	unsigned count = 0;
	struct page page;

	then.look.fault = fault;
	for (; count < UNWIND_MAX && !can_fetch(&then, fault->rip, &page); count++) {
		int vector = vector_of(&then, fault->rip);
		bool has_error = vector >= 0 && frame_has_error((uint64_t)vector);
		struct frame frame;

		if (vector < 0
		    || (!read_frame(&then, fault, has_error, &frame)
		        && (vector != VECTORS_ALL || !read_frame(&then, fault, true, &frame))))
			break;
		*event = (struct event){ .vector = (unsigned)vector,
			                 .has_error = has_error,
			                 .error = (uint32_t)frame.error };
		fault->rip = frame.rip;
		fault->cs = (uint16_t)frame.cs;
		fault->rflags = frame.rflags;
		fault->registers[RSP] = frame.rsp;
		fault->ss = (uint16_t)frame.ss;
	}
	return count;
}

/* ---- from a log ---- */

/* True if it is the same exception. QEMU raises #GP for a stack that is not canonical. */
static bool is_same(const struct event *worked_out, const struct event *logged)
{
	return worked_out->vector == logged->vector
	    || (worked_out->vector == VECTOR_STACK && logged->vector == VECTOR_PROTECTION);
}

/* True if the CPU, beginning with this event, would have raised exactly what the log has. */
static bool fits(const struct cpu_state *cpu, const struct evidence *evidence, unsigned from)
{
	const struct event *first = &evidence->log[from].event;
	struct chain chain;

	if (first->vector == VECTOR_DOUBLE && !first->external && !first->software)
		return false;
	chain_follow(cpu, first, &chain);
	if (cpu->protected_mode && chain.steps[0].delivery.obstacle == OBSTACLE_NOT_MODELLED)
		return true; /* a task gate: what followed came of it */
	if (chain.end != CHAIN_SHUTDOWN || chain.count != evidence->log_count - from)
		return false;
	for (unsigned i = 0; i < chain.count; i++) {
		if (!is_same(&chain.steps[i].event, &evidence->log[from + i].event))
			return false;
	}
	return true;
}

/* Finds the longest end of the log, with all entries at RIP, that fits. */
static bool from_log(const struct cpu_state *cpu, const struct evidence *evidence,
                     struct event *event)
{
	bool found = false;

	for (unsigned i = evidence->log_count; i > 0 && evidence->log_count - i < CHAIN_MAX; i--) {
		if (evidence->log[i - 1].rip != cpu->look.fault->rip)
			break;
		if (fits(cpu, evidence, i - 1)) {
			*event = evidence->log[i - 1].event;
			found = true;
		}
	}
	return found;
}

/* ---- from the instruction ---- */

static bool is(struct event *event, unsigned vector, uint32_t error)
{
	*event = (struct event){ .vector = vector,
		                 .has_error = frame_has_error(vector),
		                 .error = error };
	return true;
}

static bool is_page_fault(const struct cpu_state *cpu, struct event *event, uint64_t address,
                          const struct page *page, uint32_t error)
{
	is(event, VECTOR_PAGE,
	   error | page_fault_bits(page) | ((cpu->look.fault->cs & 3) == 3 ? PAGE_FAULT_USER : 0));
	event->cr2 = address;
	return true;
}

/* True if a division gets no result: the divisor is 0, or the quotient too large. */
static bool is_division_error(const struct cpu_state *cpu, const struct instruction *in)
{
	const uint64_t *registers = cpu->look.fault->registers;
	int number = instruction_register(in);
	bool is_wide = (in->rex & 8) != 0;
	uint64_t divisor = number >= 0 ? registers[number] : 0;
	uint64_t high = registers[RDX];

	if ((in->opcode & 1) == 0 || in->short_operands
	    || (number < 0
	        && look_read(&cpu->look, in->operands[0].address, &divisor, is_wide ? 8 : 4) == 0))
		return false;
	if (!is_wide) {
		divisor &= UINT32_MAX;
		high &= UINT32_MAX;
	}
	return divisor == 0 || ((in->modrm >> 3 & 7) == DIV && high >= divisor);
}

/* Instructions that are there only if a register says so. */
static bool is_switched_off(const struct fault *fault, const struct instruction *in)
{
	if (in->opcode == 0x05 || in->opcode == 0x07)
		return (fault->efer & IA32_EFER_SCE) == 0; /* syscall, sysret */
	return in->opcode == 0x01 && (in->modrm == 0xd0 || in->modrm == 0xd1)
	    && (fault->cr4 & CR4_OSXSAVE) == 0; /* xgetbv, xsetbv */
}

/* True if the TSS lets user mode use the port; false as well if that cannot be known. */
static bool is_port_closed(const struct cpu_state *cpu, const struct instruction *in)
{
	uint64_t port = (in->opcode & 8) == 0 && in->immediate < in->count
	                      ? in->bytes[in->immediate]
	                      : cpu->look.fault->registers[RDX] & 0xffff;
	uint16_t map = 0;
	uint8_t bits = 0;

	if ((cpu->look.fault->tr & 0xfffc) == 0
	    || look_read(&cpu->look, cpu->task.base + TSS_IO_MAP, &map, sizeof(map)) != 2)
		return false;
	return map + port / 8 + 1 > cpu->task.limit
	    || (look_read(&cpu->look, cpu->task.base + map + port / 8, &bits, 1) == 1
	        && (bits >> (port & 7) & 1) != 0);
}

/* True if user mode may not: hlt; cli, sti, in and out by IOPL; and some of 0Fh. */
static bool is_privileged(const struct cpu_state *cpu, const struct instruction *in)
{
	const struct fault *fault = cpu->look.fault;
	unsigned level = fault->cs & 3u, allowed = (unsigned)(fault->rflags >> 12) & 3;

	if (level == 0)
		return false;
	if (in->map == MAP_0F)
		return in->opcode == 0x06 || in->opcode == 0x08 || in->opcode == 0x09
		    || (in->opcode & 0xfd) == 0x20 || in->opcode == 0x30 || in->opcode == 0x32;
	if (in->map != MAP_ONE_BYTE)
		return false;
	if (in->opcode == OPCODE_HLT)
		return true;
	if ((in->opcode & 0xf4) == 0xe4) /* in, out */
		return level > allowed && is_port_closed(cpu, in);
	return (in->opcode & 0xfe) == 0xfa && level > allowed; /* cli, sti */
}

/* int n, int3, ud2, a division, what is switched off, and what user mode may not. */
static bool from_opcode(const struct cpu_state *cpu, const struct instruction *in,
                        struct event *event)
{
	const struct fault *fault = cpu->look.fault;
	bool breaks = in->map == MAP_ONE_BYTE && in->opcode == OPCODE_INT3;

	if (breaks || instruction_is_int(in)) {
		is(event, breaks ? VECTOR_BREAKPOINT : in->bytes[in->immediate], 0);
		event->software = true;
		event->has_error = false;
		return true;
	}
	if (in->vector_size != 0)
		return false;
	if (in->map == MAP_0F
	    && (in->opcode == 0x0b || in->opcode == 0xff || is_switched_off(fault, in)))
		return is(event, VECTOR_OPCODE, 0);
	if (is_privileged(cpu, in))
		return is(event, VECTOR_PROTECTION, 0);
	return instruction_divides(in) && is_division_error(cpu, in) && is(event, VECTOR_DIVIDE, 0);
}

/* Units of the CPU that are switched off. */
static bool from_switches(const struct cpu_state *cpu, const struct instruction *in,
                          struct event *event)
{
	const struct fault *fault = cpu->look.fault;

	if (in->vector_size != 0 || !other_is_sse(in) || in->opcode == 0xae)
		return false;
	if ((fault->cr4 & CR4_OSFXSR) == 0 || (fault->cr0 & CR0_EM) != 0)
		return is(event, VECTOR_OPCODE, 0);
	return (fault->cr0 & CR0_TS) != 0 && is(event, VECTOR_NO_FPU, 0);
}

/* True if the page tables forbid the access. */
static bool is_forbidden(const struct cpu_state *cpu, const struct page *page, bool write)
{
	const struct fault *fault = cpu->look.fault;
	bool user = (fault->cs & 3) == 3;

	if (user)
		return !page->user || (write && !page->write);
	return (write && !page->write && (fault->cr0 & CR0_WP) != 0)
	    || (page->user && (fault->cr4 & CR4_SMAP) != 0 && (fault->rflags & RFLAGS_AC) == 0);
}

/* An address that the instruction surely touches. */
static bool from_address(const struct cpu_state *cpu, uint64_t address, bool write, bool stack,
                         struct event *event)
{
	struct page page = cpu_look_up(cpu, address);

	if (cpu->long_mode && !look_canonical(&cpu->look, address))
		return is(event, stack ? VECTOR_STACK : VECTOR_PROTECTION, 0);
	return (!page.mapped || (look_levels(&cpu->look) != 0 && is_forbidden(cpu, &page, write)))
	    && is_page_fault(cpu, event, address, &page, write ? PAGE_FAULT_WRITE : 0);
}

/* Memory that is not there, or not for this: an operand, or the stack. */
static bool from_memory(const struct cpu_state *cpu, const struct instruction *in,
                        struct event *event)
{
	for (unsigned i = 0; i < in->operand_count; i++) {
		const struct operand *operand = &in->operands[i];

		if (from_address(cpu, operand->address, writes_operand(in, i), operand->stack,
		                 event))
			return true;
	}
	return false;
}

/* An operand that is not aligned as its instruction wants. */
static bool from_alignment(const struct instruction *in, struct event *event)
{
	return in->has_memory && in->operands[0].address % operands_alignment(in) != 0
	    && is(event, VECTOR_PROTECTION, 0);
}

/* Instructions that have no other way to fail, once their operand could be read. */
static bool from_system(const struct instruction *in, struct event *event)
{
	bool only = in->map == MAP_0F
	         && (in->opcode == 0x22 || in->opcode == 0x30 || in->opcode == 0x32
	             || (in->opcode == 0x01 && in->modrm == 0xd1));

	return only && is(event, VECTOR_PROTECTION, 0);
}

bool first_event(const struct cpu_state *cpu, const struct evidence *evidence, struct event *event)
{
	struct instruction in = instruction_read(&cpu->look);
	struct page page;

	if (from_log(cpu, evidence, event))
		return true;
	if (cpu->long_mode && !look_canonical(&cpu->look, cpu->look.fault->rip))
		return is(event, VECTOR_PROTECTION, 0);
	if (!can_fetch(cpu, cpu->look.fault->rip, &page))
		return is_page_fault(cpu, event, cpu->look.fault->rip, &page,
		                     cpu->no_execute ? PAGE_FAULT_FETCH : 0);
	if (in.known
	    && (from_opcode(cpu, &in, event) || from_switches(cpu, &in, event)
	        || from_memory(cpu, &in, event) || loads_raise(cpu, &in, event)
	        || from_alignment(&in, event) || from_system(&in, event)))
		return true;
	*event = (struct event){ .vector = (unsigned)evidence->in_service, .external = true };
	return evidence->in_service >= 0 && (cpu->look.fault->rflags & RFLAGS_IF) != 0;
}
