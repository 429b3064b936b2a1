/* SPDX-License-Identifier: MIT */
/* writes.c - the instructions that write, by opcode (Intel SDM volume 2D, appendix A). */
#include "postmortem/writes.h"

/* Instructions that push: push, call, pushf, enter. */
static bool pushes(const struct instruction *in)
{
	unsigned field = instruction_field(in) & 7;

	return in->map == MAP_ONE_BYTE
	    && ((in->opcode & 0xf8) == 0x50 || in->opcode == 0xe8 || in->opcode == 0x68
	        || in->opcode == 0x6a || in->opcode == 0x9c || in->opcode == 0xc8
	        || (in->opcode == 0xff && (field == 2 || field == 6)));
}

/* Opcodes of one byte, with a memory operand. */
static bool writes_one_byte(const struct instruction *in)
{
	unsigned field = in->modrm >> 3 & 7;

	if (in->opcode < 0x38) /* add, or, adc, sbb, and, sub, xor: from a register */
		return (in->opcode & 7) < 2;
	switch (in->opcode & 0xfe) {
	case 0x80: /* the same, with a number; 7 is cmp */
	case 0x82:
		return field != 7;
	case 0x86: /* xchg */
	case 0x88: /* mov */
	case 0xc0: /* shifts */
	case 0xc6:
	case 0xd0:
	case 0xd2:
		return true;
	case 0xf6: /* not, neg */
		return field == 2 || field == 3;
	case 0xfe: /* inc, dec */
		return field < 2;
	default:
		return false;
	}
}

/* Opcodes after 0Fh, with a memory operand. */
static bool writes_0f(const struct instruction *in)
{
	unsigned field = in->modrm >> 3 & 7;

	switch (in->opcode) {
	case 0x11: /* moves from an XMM register */
	case 0x13:
	case 0x17:
	case 0x29:
	case 0x2b:
	case 0x7f:
	case 0xd6:
	case 0xe7:
	case 0xab: /* bts, btr, btc */
	case 0xb3:
	case 0xbb:
	case 0xb0: /* cmpxchg */
	case 0xb1:
	case 0xc0: /* xadd */
	case 0xc1:
	case 0xc3: /* movnti */
		return true;
	case 0xba:
		return field >= 5;
	case 0xc7:
		return field == 1; /* cmpxchg8b, cmpxchg16b */
	default:
		return (in->opcode & 0xf0) == 0x90; /* setcc */
	}
}

/* Strings: movs and stos write to what RDI names, which is their last operand. */
static bool is_destination(const struct instruction *in, unsigned number)
{
	unsigned opcode = in->opcode & 0xfe;

	return in->map == MAP_ONE_BYTE && number + 1 == in->operand_count
	    && (opcode == 0xa4 || opcode == 0xaa || opcode == 0x6c);
}

bool writes_operand(const struct instruction *in, unsigned number)
{
	if (in->operands[number].stack)
		return pushes(in);
	if (in->vector_size != 0)
		return false;
	if (!in->has_memory)
		return is_destination(in, number)
		    || (in->map == MAP_ONE_BYTE && (in->opcode & 0xfe) == 0xa2);
	return in->map == MAP_ONE_BYTE ? writes_one_byte(in) : in->map == MAP_0F && writes_0f(in);
}
