/* SPDX-License-Identifier: MIT */
/* loads.c - the CPU's checks of selectors, in its order. What they do not decide is left open. */
#include "postmortem/loads.h"

#include "postmortem/descriptor.h"

enum {
	FIELD_SS = 2,   /* of ModRM, in mov to a segment register */
	FIELD_LLDT = 2, /* in the group of 0F 00 */
	FIELD_LTR = 3,
	RET_FAR = 0xca, /* and the next */
	JUMP_FAR = 0xea,
	CALL_FAR = 0x9a,
	MOV_SEGMENT = 0x8e,
	TYPE_LDT = 2,
	TYPE_TSS_16 = 1, /* available */
	TYPE_TSS = 9
};

/* What is loaded, by whom. */
struct load {
	const struct cpu_state *cpu;
	struct event *event;
	uint16_t selector;
	unsigned level; /* the CPL that holds for it */
	uint64_t at;    /* of the descriptor */
	uint64_t descriptor;
};

static bool raise(const struct load *load, unsigned vector, unsigned error)
{
	*load->event = (struct event){ .vector = vector, .has_error = true, .error = error };
	return true;
}

/* The exception for this selector. */
static bool refuse_selector(const struct load *load, unsigned vector)
{
	return raise(load, vector, load->selector & 0xfffcu);
}

/* The page fault for the descriptor itself. */
static bool raise_page(const struct load *load, unsigned error)
{
	struct page page = cpu_look_up(load->cpu, load->at);

	if (page.mapped && error == 0)
		return false; /* it lies across pages */
	raise(load, VECTOR_PAGE, error | page_fault_bits(&page));
	load->event->cr2 = load->at;
	return true;
}

/* Marks a descriptor: a segment as accessed, a TSS as busy. True if that cannot be written. */
static bool mark_raises(const struct load *load, uint64_t mark)
{
	struct page page = cpu_look_up(load->cpu, load->at);

	return (load->descriptor & mark) == 0 && page.mapped && !page.write
	    && (load->cpu->look.fault->cr0 & CR0_WP) != 0 && look_levels(&load->cpu->look) != 0
	    && raise_page(load, PAGE_FAULT_WRITE);
}

/* Reads the descriptor, of `size` bytes. False if there is none, and *raised says whether that is
 * an exception that is known. */
static bool read_descriptor(struct load *load, unsigned size, bool *raised)
{
	struct hidden table = descriptor_table(load->cpu, load->selector);
	uint32_t offset = load->selector & 0xfff8u;

	if (offset + size - 1 > table.limit) {
		*raised = refuse_selector(load, VECTOR_PROTECTION);
		return false;
	}
	load->at = table.base + offset;
	if (look_read(&load->cpu->look, load->at, &load->descriptor, 8) == 8)
		return true;
	*raised = raise_page(load, 0);
	return false;
}

static bool is_null(const struct load *load)
{
	return (load->selector & 0xfffc) == 0;
}

static unsigned ring(const struct load *load)
{
	return load->selector & 3;
}

/* ES, DS, FS, GS. */
static bool data_raises(struct load *load)
{
	bool raised;
	uint64_t descriptor;
	unsigned level;

	if (is_null(load))
		return false;
	if (!read_descriptor(load, 8, &raised))
		return raised;
	descriptor = load->descriptor;
	level = load->level > ring(load) ? load->level : ring(load);
	if ((descriptor & SEGMENT_CODE_OR_DATA) == 0
	    || (descriptor & (SEGMENT_CODE | SEGMENT_WRITABLE)) == SEGMENT_CODE
	    || ((descriptor & (SEGMENT_CODE | SEGMENT_CONFORMING))
	                != (SEGMENT_CODE | SEGMENT_CONFORMING)
	        && descriptor_level(descriptor) < level))
		return refuse_selector(load, VECTOR_PROTECTION);
	if ((descriptor & SEGMENT_PRESENT) == 0)
		return refuse_selector(load, VECTOR_NOT_PRESENT);
	return mark_raises(load, SEGMENT_ACCESSED);
}

/* SS, for code of this ring; `wide`: of 64-bit code. */
static bool stack_raises(struct load *load, bool wide)
{
	bool raised;
	uint64_t descriptor;

	if (is_null(load))
		return !(wide && load->level != 3 && ring(load) == load->level)
		    && raise(load, VECTOR_PROTECTION, 0);
	if (!read_descriptor(load, 8, &raised))
		return raised;
	descriptor = load->descriptor;
	if (ring(load) != load->level || descriptor_level(descriptor) != load->level
	    || (descriptor & (SEGMENT_CODE_OR_DATA | SEGMENT_CODE | SEGMENT_WRITABLE))
	               != (SEGMENT_CODE_OR_DATA | SEGMENT_WRITABLE))
		return refuse_selector(load, VECTOR_PROTECTION);
	if ((descriptor & SEGMENT_PRESENT) == 0)
		return refuse_selector(load, VECTOR_STACK);
	return mark_raises(load, SEGMENT_ACCESSED);
}

/* CS: by a return, or else by a jump or call. Gates and tasks are left open. */
static bool code_raises(struct load *load, bool returns)
{
	bool raised, conforming;
	uint64_t descriptor;
	unsigned level;

	if (is_null(load))
		return raise(load, VECTOR_PROTECTION, 0);
	if (!read_descriptor(load, 8, &raised))
		return raised;
	descriptor = load->descriptor;
	level = descriptor_level(descriptor);
	conforming = (descriptor & SEGMENT_CONFORMING) != 0;
	if ((descriptor & SEGMENT_CODE_OR_DATA) == 0 && !returns)
		return false;
	if ((descriptor & (SEGMENT_CODE_OR_DATA | SEGMENT_CODE))
	            != (SEGMENT_CODE_OR_DATA | SEGMENT_CODE)
	    || (load->cpu->long_mode
	        && (descriptor & (SEGMENT_CODE_64 | SEGMENT_CODE_32))
	                   == (SEGMENT_CODE_64 | SEGMENT_CODE_32)))
		return refuse_selector(load, VECTOR_PROTECTION);
	if (returns ? ring(load) < load->level
	                      || (conforming ? level > ring(load) : level != ring(load))
	    : conforming ? level > load->level
	                 : ring(load) > load->level || level != load->level)
		return refuse_selector(load, VECTOR_PROTECTION);
	if ((descriptor & SEGMENT_PRESENT) == 0)
		return refuse_selector(load, VECTOR_NOT_PRESENT);
	return mark_raises(load, SEGMENT_ACCESSED);
}

/* TR and LDTR, whose descriptors have 16 bytes in long mode. */
static bool system_raises(struct load *load, bool task)
{
	bool raised, wide = load->cpu->long_mode;
	uint64_t half = 0;
	unsigned type;

	if (is_null(load))
		return task && raise(load, VECTOR_PROTECTION, 0);
	if ((load->selector & SELECTOR_LDT) != 0)
		return refuse_selector(load, VECTOR_PROTECTION);
	if (!read_descriptor(load, wide ? 16 : 8, &raised))
		return raised;
	type = (unsigned)(load->descriptor >> 40) & 31;
	if (type != (task ? TYPE_TSS : TYPE_LDT) && (wide || !task || type != TYPE_TSS_16))
		return refuse_selector(load, VECTOR_PROTECTION);
	if (wide
	    && look_read(&load->cpu->look,
	                 load->cpu->look.fault->gdt.base + (load->selector & 0xfff8u) + 8, &half, 8)
	               == 8
	    && (half >> 40 & 31) != 0)
		return refuse_selector(load, VECTOR_PROTECTION);
	if ((load->descriptor & SEGMENT_PRESENT) == 0)
		return refuse_selector(load, VECTOR_NOT_PRESENT);
	return task && mark_raises(load, SEGMENT_BUSY);
}

/* ---- instructions ---- */

/* Word number `number` of the stack, of so many bytes. */
static bool word_of_stack(const struct cpu_state *cpu, unsigned number, unsigned size,
                          uint64_t *word)
{
	uint64_t at = cpu->look.fault->registers[RSP] + (uint64_t)number * size;

	*word = 0;
	return look_read(&cpu->look, at, word, size) == size;
}

/* Far returns and iret: CS, and SS if it is there. */
static bool return_raises(struct load *load, const struct instruction *in)
{
	unsigned size = (in->rex & REX_W) != 0 ? 8 : in->short_operands ? 2 : 4;
	bool is_iret = instruction_is_iret(in);
	bool from_wide = load->cpu->long_mode && load->cpu->look.fault->code32 == 0;
	unsigned at = is_iret ? 4 : 3; /* SS */
	uint64_t rip, cs, ss;
	bool wide;

	if (!word_of_stack(load->cpu, 0, size, &rip) || !word_of_stack(load->cpu, 1, size, &cs))
		return false;
	load->selector = (uint16_t)cs;
	if (code_raises(load, true))
		return true;
	wide = load->cpu->long_mode && (load->descriptor & SEGMENT_CODE_64) != 0;
	if (!is_iret && (in->opcode & 1) == 0)
		return false; /* it takes off more words */
	if ((is_iret && from_wide) || ring(load) > load->level) {
		if (!word_of_stack(load->cpu, at, size, &ss))
			return false;
		load->level = ring(load);
		load->selector = (uint16_t)ss;
		if (stack_raises(load, wide))
			return true;
	}
	return wide && !look_canonical(&load->cpu->look, rip) && raise(load, VECTOR_PROTECTION, 0);
}

/* The selector that ModRM names: in a register or in memory. */
static bool modrm_selector(const struct load *load, const struct instruction *in, uint64_t offset,
                           uint16_t *selector)
{
	int number = instruction_register(in);

	*selector = number >= 0 ? (uint16_t)load->cpu->look.fault->registers[number] : 0;
	return number >= 0
	    || (in->has_memory
	        && look_read(&load->cpu->look, in->operands[0].address + offset, selector, 2) == 2);
}

/* A target beyond the end of a code segment that has one. */
static bool is_beyond(const struct load *load, uint64_t target)
{
	bool wide = load->cpu->long_mode && (load->descriptor & SEGMENT_CODE_64) != 0;

	return (load->descriptor & SEGMENT_CODE_OR_DATA) != 0 && !wide
	    && target > descriptor_end(load->descriptor) && raise(load, VECTOR_PROTECTION, 0);
}

/* Far jumps and calls: where the selector stands. */
static bool jump_raises(struct load *load, const struct instruction *in)
{
	unsigned size = in->short_operands ? 2 : (in->rex & REX_W) != 0 ? 8 : 4;
	unsigned field = in->modrm >> 3 & 7;
	uint64_t target = 0;

	if (in->opcode == 0xff)
		return (field == 3 || field == 5) && in->has_memory
		    && modrm_selector(load, in, size, &load->selector) && code_raises(load, false);
	if (load->cpu->look.fault->code32 == 0 || in->immediate + size + 2 > in->count)
		return false;
	memcpy(&target, in->bytes + in->immediate, size);
	memcpy(&load->selector, in->bytes + in->immediate + size, 2);
	return code_raises(load, false) || is_beyond(load, target);
}

/* mov to a segment register, and the group of ltr and lldt. */
static bool move_raises(struct load *load, const struct instruction *in)
{
	bool wide = load->cpu->long_mode && load->cpu->look.fault->code32 == 0;
	unsigned field = in->modrm >> 3 & 7;

	if (!modrm_selector(load, in, 0, &load->selector))
		return false;
	if (in->map == MAP_0F)
		return (field == FIELD_LLDT || field == FIELD_LTR)
		    && system_raises(load, field == FIELD_LTR);
	return field == FIELD_SS ? stack_raises(load, wide)
	     : field != 1        ? data_raises(load)
	                         : false;
}

bool loads_raise(const struct cpu_state *cpu, const struct instruction *in, struct event *event)
{
	struct load load = { .cpu = cpu, .event = event, .level = cpu->look.fault->cs & 3u };

	if (!cpu->protected_mode || in->vector_size != 0)
		return false;
	if (in->map == MAP_0F)
		return in->opcode == 0x00 && load.level == 0 && move_raises(&load, in);
	if (in->map != MAP_ONE_BYTE)
		return false;
	switch (in->opcode) {
	case MOV_SEGMENT:
		return move_raises(&load, in);
	case RET_FAR:
	case RET_FAR + 1:
	case OPCODE_IRET:
		return return_raises(&load, in);
	case JUMP_FAR:
	case CALL_FAR:
	case 0xff:
		return jump_raises(&load, in);
	default:
		return false;
	}
}
