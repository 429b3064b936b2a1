/* SPDX-License-Identifier: MIT */
/*
 * decode.c - decodes prefixes, opcode, ModRM and SIB (Intel SDM volume 2A, chapter 2 and
 * appendix A). Knows no mnemonics.
 */
#include "explain/decode.h"

#include "explain/evex.h"
#include "explain/operands.h"

/* The bytes of an instruction as they are consumed. */
struct reader {
	const struct look *look;
	struct instruction *in;
	unsigned at;
	bool code32; /* 32-bit code: no REX prefixes, nothing relative to RIP */
};

/* The next byte; past the end, 0, and the instruction is not known. */
static uint8_t next(struct reader *reader)
{
	if (reader->at < reader->in->count)
		return reader->in->bytes[reader->at++];
	reader->in->known = false;
	return 0;
}

/* A number of up to 8 bytes, without a sign. */
static uint64_t next_number(struct reader *reader, unsigned size)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < size; i++)
		value |= (uint64_t)next(reader) << (8 * i);
	return value;
}

/* The same, with a sign. */
static int64_t next_distance(struct reader *reader, unsigned size)
{
	unsigned unused = 64 - 8 * size;

	return (int64_t)(next_number(reader, size) << unused) >> unused;
}

/* Notes a prefix other than REX; false if the byte is none. */
static bool note_prefix(struct instruction *in, uint8_t byte)
{
	switch (byte) {
	case 0x66:
		in->short_operands = true;
		if (in->prefix == 0)
			in->prefix = byte;
		break;
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
		in->other_addresses = true;
		break;
	default:
		return false;
	}
	return true;
}

/* Reads all prefixes; returns the first byte after them. REX counts only right before the opcode.
 */
static uint8_t read_prefixes(struct reader *reader)
{
	struct instruction *in = reader->in;

	while (in->known) {
		uint8_t byte = next(reader);

		if (!reader->code32 && (byte & 0xf0) == 0x40)
			in->rex = byte;
		else if (note_prefix(in, byte))
			in->rex = 0;
		else
			return byte;
	}
	return 0;
}

/* Reads a VEX prefix (C4h, C5h; 2.3.5) or an EVEX prefix (62h; 2.7.1), and the opcode after. */
static void read_vex(struct reader *reader, uint8_t first)
{
	static const uint8_t prefixes[4] = { 0, 0x66, 0xf3, 0xf2 };
	struct instruction *in = reader->in;
	uint8_t byte = next(reader);
	uint8_t last = byte; /* has the bits pp, and in VEX the vector's length */

	in->map = MAP_0F;
	in->rex = (uint8_t)(0x40 | (~byte >> 5 & 4)); /* R, inverted */
	if (first != 0xc5) {
		in->rex |= (uint8_t)(~byte >> 5 & 3); /* X and B */
		in->map = (enum map)(byte & (first == 0x62 ? 7 : 3));
		last = next(reader);
		in->rex |= last >> 4 & 8; /* W */
	}
	in->prefix = prefixes[last & 3];
	in->vector_size = (last & 4) != 0 ? 32 : 16;
	if (first == 0x62) {
		byte = next(reader);
		in->evex = true;
		in->vector_size = (uint8_t)(16u << (byte >> 5 & 3));
		in->broadcast = (byte & 0x10) != 0;
	}
	in->opcode = next(reader);
	in->has_modrm = in->map != MAP_0F || in->opcode != 0x77; /* vzeroupper */
}

/* True if this byte begins a VEX or EVEX prefix. In 32-bit code it may be les, lds or bound, which
 * always have an operand in memory. */
static bool begins_vex(const struct reader *reader, uint8_t first)
{
	const struct instruction *in = reader->in;

	return (first == 0xc4 || first == 0xc5 || first == 0x62)
	    && (!reader->code32 || (reader->at < in->count && in->bytes[reader->at] >> 6 == 3));
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

/* The same for the table after 0Fh (table A-3). */
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

/* Bytes of the numbers that follow the operand (tables ): they are between it and the
 * next instruction's address, to which RIP-relative addresses are relative. */
static unsigned immediate_size(const struct instruction *in)
{
	bool extended = (in->modrm >> 3 & 7) < 2;
	unsigned size = in->short_operands && (in->rex & 8) == 0 ? 2 : 4;

	if (in->map == MAP_0F3A)
		return 1;
	if (in->map == MAP_0F)
		return (in->opcode >= 0x70 && in->opcode < 0x74) || (in->opcode & 0xf7) == 0xa4
		    || in->opcode == 0xba || in->opcode == 0xc2
		    || (in->opcode >= 0xc4 && in->opcode < 0xc7);
	if (in->map != MAP_ONE_BYTE)
		return 0;
	if (in->opcode == 0x69 || in->opcode == 0x81 || in->opcode == 0xc7)
		return size;
	if ((in->opcode & 0xfe) == 0xf6)
		return !extended ? 0 : in->opcode == 0xf6 ? 1 : size;
	return in->opcode == 0x6b || in->opcode == 0x80 || in->opcode == 0x82 || in->opcode == 0x83
	    || (in->opcode & 0xfe) == 0xc0 || in->opcode == 0xc6;
}

/* Reads the SIB byte. Returns what index and scale add to the address. */
static uint64_t read_sib(struct reader *reader, struct operand *operand)
{
	const struct instruction *in = reader->in;
	uint8_t sib = next(reader);
	int index = (sib >> 3 & 7) | (in->rex << 2 & 8);
	enum indices indices = operands_indices(in);

	operand->base = (sib & 7) | (in->rex << 3 & 8);
	if ((sib & 7) == 5 && in->modrm >> 6 == 0)
		operand->base = -1;
	if (index == RSP || indices == INDICES_VECTOR)
		return 0;
	operand->index = index;
	if (indices == INDICES_ROWS)
		return 0;
	return reader->look->fault->registers[index] << (sib >> 6);
}

/* Reads an address of 16 bits (table 2-1), which only 32-bit code has. */
static uint64_t read_16_bits(struct reader *reader, struct operand *operand)
{
	static const int8_t bases[8] = { RBX, RBX, RBP, RBP, RSI, RDI, RBP, RBX };
	static const int8_t indices[8] = { RSI, RDI, RSI, RDI, -1, -1, -1, -1 };
	unsigned mode = reader->in->modrm >> 6, form = reader->in->modrm & 7;

	if (mode == 0 && form == 6)
		return next_number(reader, 2);
	operand->base = bases[form];
	operand->index = indices[form];
	operand->distance = next_distance(reader, mode);
	return operand->index < 0 ? 0 : reader->look->fault->registers[operand->index];
}

/* Reads what is added to the registers. */
static int64_t read_distance(struct reader *reader, const struct operand *operand)
{
	unsigned mode = reader->in->modrm >> 6;
	int64_t distance;

	if (mode != 1)
		return mode == 2 || operand->base < 0 ? next_distance(reader, 4) : 0;
	distance = next_distance(reader, 1);
	return reader->in->evex ? distance * evex_unit(reader->in) : distance;
}

/* Reads the rest of a ModRM operand in memory, and works out its address. */
static void read_memory_operand(struct reader *reader)
{
	struct instruction *in = reader->in;
	const uint64_t *registers = reader->look->fault->registers;
	struct operand operand = { .base = -1, .index = -1, .segment = in->segment };
	uint64_t address = 0;

	if (reader->code32 && in->other_addresses) {
		address = read_16_bits(reader, &operand);
	} else if ((in->modrm & 7) == 5 && in->modrm >> 6 == 0) {
		operand.distance = next_distance(reader, 4);
		if (!reader->code32)
			address = reader->look->fault->rip + reader->at + immediate_size(in);
	} else {
		operand.base = (in->modrm & 7) | (in->rex << 3 & 8);
		if ((in->modrm & 7) == 4)
			address = read_sib(reader, &operand);
		operand.distance = read_distance(reader, &operand);
	}
	if (operand.base >= 0)
		address += registers[operand.base];
	operand.address = address + (uint64_t)operand.distance;
	operands_add_memory(reader->look, in, operand);
}

struct instruction instruction_read(const struct look *look)
{
	struct instruction in = { .known = true };
	struct reader reader = { look, &in, 0, look->fault->code32 != 0 };

	in.count = look_read(look, look->fault->rip, in.bytes, sizeof(in.bytes));
	read_opcode(&reader, read_prefixes(&reader));
	if (in.has_modrm)
		in.modrm = next(&reader);
	if (in.map == MAP_0F && (in.opcode & 0xf8) == 0x20)
		in.modrm |= 0xc0; /* control and debug registers: never memory */
	if (in.has_modrm && in.modrm >> 6 != 3)
		read_memory_operand(&reader);
	in.immediate = reader.at;
	if (in.known)
		operands_add_implied(look, &in);
	return in;
}
