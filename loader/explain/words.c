/* SPDX-License-Identifier: MIT */
/* words.c - names the kernel or the program that faulted, and what is at an address. */
#include "explain/words.h"

const char *words_who(const struct words *words)
{
	return (words->fault->cs & 3) == 3 ? "The program in user mode" : "The kernel";
}

void words_segment(struct text *text, const struct fault_info_segment *segment)
{
	bool write = (segment->rights & RIGHT_WRITE) != 0;
	bool execute = (segment->rights & RIGHT_EXECUTE) != 0;

	text_add(text, "the kernel's %s (segment %u, %c%c%c)",
	         execute ? "code"
	         : write ? "data"
	                 : "read-only data",
	         segment->number, (segment->rights & RIGHT_READ) != 0 ? 'r' : '-',
	         write ? 'w' : '-', execute ? 'x' : '-');
}

bool words_place(struct words *words, struct text *text, uint64_t address)
{
	const struct fault_info *marks = words->marks;
	struct fault_info_segment segment;

	if (look_segment(words->look, address, &segment))
		words_segment(text, &segment);
	else if (fault_range_has(marks->stack, address))
		text_add(text, "the stack");
	else if (fault_range_has(marks->resident, address))
		text_add(text, "Longjump's own code and tables");
	else if (fault_range_has(marks->boot_info, address))
		text_add(text, "%s", marks->terms.boot_info);
	else if (fault_range_has(marks->framebuffer, address))
		text_add(text, "the framebuffer");
	else if (fault_range_has(marks->direct_map, address))
		text_add(text, "%s, at physical %#llx", marks->terms.direct_map,
		         ULL(address - marks->direct_map.begin));
	else
		return false;
	return true;
}

/* Appends "RBX + 0x10, with RBX = 0x0." */
static void add_registers(struct text *text, const struct fault *fault,
                          const struct operand *operand)
{
	int numbers[2] = { operand->base, operand->index };
	const char *before = "";

	for (unsigned i = 0; i < COUNT(numbers); i++) {
		if (numbers[i] < 0)
			continue;
		text_add(text, "%s%s", before, register_name(fault, numbers[i]).text);
		before = " and ";
	}
	if (operand->vector)
		text_add(text, " and a vector of indices");
	if (operand->distance != 0)
		text_add(text, operand->distance < 0 ? " - %#llx" : " + %#llx",
		         ULL(operand->distance < 0 ? -(uint64_t)operand->distance
		                                   : (uint64_t)operand->distance));
	before = ", with ";
	for (unsigned i = 0; i < COUNT(numbers); i++) {
		if (numbers[i] < 0)
			continue;
		text_add(text, "%s%s = %#llx", before, register_name(fault, numbers[i]).text,
		         ULL(fault->registers[numbers[i]]));
		before = ", ";
	}
	text_add(text, ".");
}

void words_origin(struct words *words, const struct operand *operand)
{
	struct text *text = &words->happened;
	const struct fault *fault = words->fault;

	if (operand->segment != 0) {
		text_add(text, " The address is relative to %cS, whose base is %#llx.",
		         operand->segment == 0x64 ? 'F' : 'G',
		         ULL(operand->segment == 0x64 ? fault->fs_base : fault->gs_base));
	} else if (operand->base < 0 && operand->index < 0) {
		text_add(text, " The address is part of the instruction.");
	} else {
		text_add(text, " The address came from ");
		add_registers(text, fault, operand);
	}
}

bool words_code_is(const struct words *words, uint8_t first, uint8_t second)
{
	return words->in.count >= 2 && words->in.bytes[0] == first && words->in.bytes[1] == second;
}
