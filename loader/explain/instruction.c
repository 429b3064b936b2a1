/* SPDX-License-Identifier: MIT */
/*
 * instruction.c - decodes prefixes, opcode, ModRM and SIB (Intel SDM volume 2A, chapter 2 and
 * appendix A). Knows no mnemonics.
 */
#include "explain/instruction.h"

/* The bytes of an instruction as they are consumed. */
struct reader {
	const struct look *look;
	struct instruction *in;
	unsigned at;
	bool narrow;          /* 32-bit code: no REX prefixes, nothing relative to RIP */
	bool other_addresses; /* prefix 67h */
};

/* The next byte; past the end, 0, and the instruction is not known. */
static uint8_t next(struct reader *reader)
{
	if (reader->at < reader->in->count)
		return reader->in->bytes[reader->at++];
	reader->in->known = false;
	return 0;
}

/* A signed number of 1 or 4 bytes. */
static int64_t next_number(struct reader *reader, unsigned size)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < size; i++)
		value |= (uint32_t)next(reader) << (8 * i);
	return size == 1 ? (int8_t)value : (int32_t)value;
}

/* Reads all prefixes; returns the first byte behind them. */
static uint8_t read_prefixes(struct reader *reader)
{
	struct instruction *in = reader->in;

	for (;;) {
		uint8_t byte = next(reader);

		switch (byte) {
		case 0x66:
		case 0xf2:
		case 0xf3:
			in->prefix = byte;
			break;
		case 0xf0:
			in->locked = true;
			break;
		case 0x64:
		case 0x65:
			in->segment = byte;
			break;
		case 0x26:
		case 0x2e:
		case 0x36:
		case 0x3e:
			break;
		case 0x67:
			reader->other_addresses = true;
			break;
		default:
			if (reader->narrow || (byte & 0xf0) != 0x40)
				return byte;
			in->rex = byte;
			return next(reader);
		}
		if (!in->known)
			return 0;
	}
}

/* Reads a VEX prefix (C4h, C5h) or an EVEX prefix (62h), and the opcode behind it. */
static void read_vex(struct reader *reader, uint8_t first)
{
	struct instruction *in = reader->in;
	uint8_t byte = next(reader);

	in->map = MAP_VEX;
	in->rex = (uint8_t)(0x40 | (~byte >> 5 & 4)); /* R, inverted */
	if (first != 0xc5) {
		in->rex |= (uint8_t)(~byte >> 5 & 3); /* X and B */
		next(reader);
	}
	if (first == 0x62)
		next(reader);
	in->opcode = next(reader);
	in->has_modrm = in->opcode != 0x77; /* vzeroupper */
}

/* True if this byte begins a VEX or EVEX prefix. In 32-bit code it may be les, lds or bound, which
 * always have an operand in memory. */
static bool begins_vex(const struct reader *reader, uint8_t first)
{
	const struct instruction *in = reader->in;

	return (first == 0xc4 || first == 0xc5 || first == 0x62)
	    && (!reader->narrow || (reader->at < in->count && in->bytes[reader->at] >> 6 == 3));
}

/* True if an opcode of the one-byte table is followed by ModRM (appendix A.3, table A-2). */
static bool one_byte_modrm(uint8_t opcode)
{
	if (opcode < 0x40)
		return (opcode & 7) < 4;
	switch (opcode) {
	case 0x62:
	case 0x63:
	case 0x69:
	case 0x6b:
	case 0xc0:
	case 0xc1:
	case 0xc4:
	case 0xc5:
	case 0xc6:
	case 0xc7:
	case 0xf6:
	case 0xf7:
	case 0xfe:
	case 0xff:
		return true;
	default:
		return (opcode >= 0x80 && opcode < 0x90) || (opcode >= 0xd0 && opcode < 0xd4)
		    || (opcode >= 0xd8 && opcode < 0xe0);
	}
}

/* The same for the table behind 0Fh (table A-3). */
static bool two_byte_modrm(uint8_t opcode)
{
	return !((opcode >= 0x05 && opcode <= 0x0b && opcode != 0x0a)
	         || (opcode >= 0x30 && opcode < 0x38) || opcode == 0x77
	         || (opcode >= 0x80 && opcode < 0x90) || (opcode >= 0xa0 && opcode < 0xa3)
	         || (opcode >= 0xa8 && opcode < 0xab) || opcode >= 0xff
	         || (opcode >= 0xc8 && opcode < 0xd0));
}

/* Reads the opcode, whose first byte is given. */
static void read_opcode(struct reader *reader, uint8_t first)
{
	struct instruction *in = reader->in;

	in->opcode = first;
	if (begins_vex(reader, first)) {
		read_vex(reader, first);
		return;
	}
	if (first != 0x0f) {
		in->has_modrm = one_byte_modrm(first);
		return;
	}
	in->map = MAP_0F;
	in->opcode = next(reader);
	in->has_modrm = two_byte_modrm(in->opcode);
	if (in->opcode == 0x38 || in->opcode == 0x3a) {
		in->map = in->opcode == 0x38 ? MAP_0F38 : MAP_0F3A;
		in->opcode = next(reader);
		in->has_modrm = true;
	}
}

/* Reads the SIB byte. Returns what index and scale add to the address. */
static uint64_t read_sib(struct reader *reader, const uint64_t *registers)
{
	struct instruction *in = reader->in;
	uint8_t sib = next(reader);
	int index = (sib >> 3 & 7) | (in->rex << 2 & 8);

	in->base = (sib & 7) | (in->rex << 3 & 8);
	if ((sib & 7) == 5 && in->modrm >> 6 == 0)
		in->base = -1;
	if (index == RSP)
		return 0;
	in->index = index;
	return registers[index] << (sib >> 6);
}

/* Reads the rest of a ModRM operand in memory, and works out its address. Addresses relative to RIP
 * are left out: they are always in the kernel. So are 16-bit addresses. */
static void read_memory_operand(struct reader *reader)
{
	struct instruction *in = reader->in;
	const uint64_t *registers = reader->look->fault->registers;
	unsigned mode = in->modrm >> 6;
	uint64_t address = 0;

	if (reader->narrow ? reader->other_addresses : (in->modrm & 7) == 5 && mode == 0)
		return;
	if ((in->modrm & 7) == 4)
		address = read_sib(reader, registers);
	else if ((in->modrm & 7) != 5 || mode != 0)
		in->base = (in->modrm & 7) | (in->rex << 3 & 8);
	if (mode == 1)
		in->distance = next_number(reader, 1);
	else if (mode == 2 || in->base < 0)
		in->distance = next_number(reader, 4);
	if (in->base >= 0)
		address += registers[in->base];
	if (in->segment != 0)
		address += in->segment == 0x64 ? reader->look->fault->fs_base
		                               : reader->look->fault->gs_base;
	in->address = address + (uint64_t)in->distance;
	if (reader->narrow)
		in->address &= UINT32_MAX;
	in->has_address = in->known;
}

struct instruction instruction_read(const struct look *look)
{
	struct instruction in = { .known = true, .base = -1, .index = -1 };
	struct reader reader = { look, &in, 0, look->fault->narrow != 0, false };

	in.count = look_read(look, look->fault->rip, in.bytes, sizeof(in.bytes));
	read_opcode(&reader, read_prefixes(&reader));
	if (!in.has_modrm)
		return in;
	in.modrm = next(&reader);
	if (in.modrm >> 6 != 3)
		read_memory_operand(&reader);
	return in;
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
	return instruction->count > 1 && instruction->bytes[0] == OPCODE_INT;
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

	if (fault->narrow != 0 && number < 8)
		name.text[0] = 'E';
	return name;
}
