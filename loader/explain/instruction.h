/* SPDX-License-Identifier: MIT */
/* instruction.h - an x86 instruction, decoded as far as an explanation needs. */
#ifndef EXPLAIN_INSTRUCTION_H
#define EXPLAIN_INSTRUCTION_H

#include "explain/look.h"

#define INSTRUCTION_MAX 15
#define OPERANDS_MAX    3
#define OPCODE_INT3     0xcc
#define OPCODE_INT      0xcd /* and the vector */
#define OPCODE_IRET     0xcf

/* Tables of opcodes; EVEX has the last two, for numbers of 16 bits. */
enum map { MAP_ONE_BYTE, MAP_0F, MAP_0F38, MAP_0F3A, MAP_5 = 5, MAP_6 };

/* Memory that an instruction touches. */
struct operand {
	uint64_t address;
	uint64_t size;    /* bytes that it can have at most */
	int base, index;  /* registers that make up the address, or -1 */
	int64_t distance; /* added to them */
	uint8_t segment;  /* 64h: FS, 65h: GS, 0: neither */
	bool stack;       /* pushed or popped */
	bool vector;      /* a vector of indices is added, which is not known */
};

struct instruction {
	uint8_t bytes[INSTRUCTION_MAX];
	unsigned count;       /* bytes that could be read */
	bool known;           /* all of the following could be read */
	uint8_t prefix;       /* F2h or F3h, the last of them; otherwise 66h or 0 */
	bool locked;          /* F0h */
	bool short_operands;  /* 66h */
	bool other_addresses; /* 67h */
	uint8_t segment;      /* 64h: FS, 65h: GS, 0: neither */
	uint8_t rex;          /* 0: none */
	uint8_t vector_size;  /* bytes, of VEX's and EVEX's; 0: neither */
	bool evex;            /* the prefix is EVEX */
	bool broadcast;       /* of EVEX: one element stands for all */
	enum map map;         /* which table of opcodes */
	uint8_t opcode;
	bool has_modrm;
	uint8_t modrm;
	unsigned immediate; /* offset of the immediate operands */
	bool has_memory;    /* ModRM names memory, and operands[0] is that */
	struct operand operands[OPERANDS_MAX];
	unsigned operand_count;
};

/* True if the opcode is iret's, of whatever size. */
static inline bool instruction_is_iret(const struct instruction *instruction)
{
	return instruction->map == MAP_ONE_BYTE && instruction->opcode == OPCODE_IRET;
}

/* True if it is this member of a group of instructions, which a field of ModRM selects. */
static inline bool instruction_is_member(const struct instruction *instruction, enum map map,
                                         uint8_t opcode, unsigned field)
{
	return instruction->map == map && instruction->opcode == opcode
	    && (instruction->modrm >> 3 & 7) == field;
}

/* The field of ModRM that names a register or extends the opcode: 0..7, or 0..15 with REX.R. */
unsigned instruction_field(const struct instruction *instruction);

/* The register that ModRM names instead of memory; -1 if it names memory. */
int instruction_register(const struct instruction *instruction);

/* The operand in which `address` lies; NULL if none is known to contain it. */
const struct operand *instruction_touches(const struct instruction *instruction, uint64_t address);

/* True if it is a software interrupt: int with a number. */
bool instruction_is_int(const struct instruction *instruction);

/* True if it divides integers: div or idiv. */
bool instruction_divides(const struct instruction *instruction);

/* The name of a general register as the fault's code calls it, three characters at most. */
struct register_name {
	char text[4];
};
struct register_name register_name(const struct fault *fault, int number);

#endif
