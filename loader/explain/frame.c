/* SPDX-License-Identifier: MIT */
/*
 * frame.c - the layout of the stack at a handler's entry (Intel SDM volume 3A, 6.12.1). In long
 * mode the stub reads it, since there the CPU aligns the stack.
 */
#include "explain/frame.h"

#include "explain/decode.h"
#include "explain/instruction.h"

/* Table 6-1 of the manual. */
bool frame_has_error(uint64_t vector)
{
	return vector < VECTORS && (UINT32_C(0x60227d00) >> vector & 1) != 0;
}

bool frame_is_int(const struct look *look)
{
	uint8_t before[2];

	return look_read(look, look->fault->rip - 2, before, sizeof(before)) == sizeof(before)
	    && before[0] == OPCODE_INT && before[1] == look->fault->vector;
}

bool frame_in_service(const struct fault *fault)
{
	return fault->vector >= VECTOR_DOUBLE && fault->vector < VECTOR_FPU
	    && (fault->interrupts >> (fault->vector - VECTOR_DOUBLE) & 1) != 0;
}

void frame_read(const struct look *look, struct fault *fault)
{
	uint64_t cs = 0;
	unsigned at = 1; /* after the vector */

	fault->has_error = frame_has_error(fault->vector) && !frame_in_service(fault);
	if (fault->has_error != 0)
		look_stack(look, at++, &fault->error);
	look_stack(look, at++, &fault->rip);
	if (look_stack(look, at++, &cs))
		fault->cs = (uint16_t)cs;
	look_stack(look, at++, &fault->rflags);
	fault->registers[RSP] += (uint64_t)at * look_word_size(look);
}

/* The exception for which the CPU found no gate, from the error code of #GP. */
static unsigned without_gate(const struct fault *fault)
{
	unsigned selector = (unsigned)fault->error & 0xffff;

	if ((selector & SELECTOR_IDT) != 0)
		return selector >> 3;
	if (selector < FRAME_FIRST_SELECTOR || (selector & 7) != (FRAME_FIRST_SELECTOR & 7))
		return VECTORS;
	return (selector - FRAME_FIRST_SELECTOR) >> 3;
}

void frame_first(const struct look *look, struct fault *fault)
{
	struct instruction in = instruction_read(look);

	if (fault->idt.limit != FRAME_IDT32_LIMIT || fault->long_mode_off != 0
	    || instruction_is_int(&in))
		return;
	if (fault->vector == VECTOR_PROTECTION && without_gate(fault) < VECTORS)
		fault->vector = without_gate(fault);
	else if (fault->vector == VECTOR_DOUBLE && instruction_divides(&in))
		fault->vector = VECTOR_DIVIDE; /* with no gate, that is a double fault */
	else
		return;
	fault->error = fault->has_error = 0;
}
