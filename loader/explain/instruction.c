/* SPDX-License-Identifier: MIT */
/* instruction.c - what a decoded instruction names and touches. Reads no bytes. */
#include "explain/instruction.h"

const struct operand *instruction_touches(const struct instruction *instruction, uint64_t address)
{
	for (unsigned i = 0; i < instruction->operand_count; i++) {
		if (address - instruction->operands[i].address < instruction->operands[i].size)
			return &instruction->operands[i];
	}
	return NULL;
}

unsigned instruction_field(const struct instruction *instruction)
{
	return (unsigned)(instruction->modrm >> 3 & 7) | (instruction->rex << 1 & 8);
}

int instruction_register(const struct instruction *instruction)
{
	if (!instruction->has_modrm || instruction->modrm >> 6 != 3)
		return -1;
	return (instruction->modrm & 7) | (instruction->rex << 3 & 8);
}

bool instruction_is_int(const struct instruction *instruction)
{
	return instruction->map == MAP_ONE_BYTE && instruction->opcode == OPCODE_INT
	    && instruction->immediate < instruction->count;
}

bool instruction_divides(const struct instruction *instruction)
{
	return instruction->map == MAP_ONE_BYTE && (instruction->opcode & 0xfe) == 0xf6
	    && (instruction->modrm >> 3 & 7) >= 6;
}

struct register_name register_name(const struct fault *fault, int number)
{
	static const struct register_name names[REGISTERS] = {
		{ "RAX" }, { "RCX" }, { "RDX" }, { "RBX" }, { "RSP" }, { "RBP" },
		{ "RSI" }, { "RDI" }, { "R8" },  { "R9" },  { "R10" }, { "R11" },
		{ "R12" }, { "R13" }, { "R14" }, { "R15" },
	};

	struct register_name name = names[number & (REGISTERS - 1)];

	if (fault->code32 != 0 && number < 8)
		name.text[0] = 'E';
	return name;
}
