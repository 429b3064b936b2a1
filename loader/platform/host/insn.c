/* SPDX-License-Identifier: MIT */
/*
 * insn.c - decodes instructions as far as needed to know their length. Knows the encoding (Intel
 * SDM volume 2, chapter 2 and appendix A), not the meaning.
 */
#include "platform/host/insn.h"

/* The state of decoding. */
struct cursor {
	struct span code;
	uint64_t at;
	bool operand_64; /* REX.W or VEX.W */
	bool operand_16; /* prefix 66 */
	bool addr32;     /* prefix 67 */
	bool over;       /* beyond the end */
};

/* What follows each opcode of a map, in 64-bit mode (appendix A, tables ). M: a ModRM
 * byte; 1: an immediate byte; z: two or four of them; m, Z: a ModRM byte and one of these; x: no
 * instruction; .: nothing; other letters: special cases. */
static const char one_byte[] =
	"MMMM1zxxMMMM1zx."  /* 00: 0F is dealt with before */
	"MMMM1zxxMMMM1zxx"  /* 10 */
	"MMMM1z.xMMMM1z.x"  /* 20 */
	"MMMM1z.xMMMM1z.x"  /* 30 */
	"................"  /* 40: REX */
	"................"  /* 50 */
	"xxxM....zZ1m...."  /* 60: 62 is EVEX */
	"1111111111111111"  /* 70 */
	"mZxmMMMMMMMMMMMM"  /* 80 */
	"..........x....."  /* 90 */
	"oooo....1z......"  /* A0: o is a whole address */
	"11111111vvvvvvvv"  /* B0: v is a whole register */
	"mm2.xxmZ3.2..1x."  /* C0: 2 and 3 are so many bytes; C4, C5 are VEX */
	"MMMMxxx.MMMMMMMM"  /* D0 */
	"11111111ddx1...."  /* E0: d is a distance of four bytes */
	"......tT......MM"; /* F0: t, T depend on the ModRM byte */
static const char two_byte[] = "MMMMx.....x.xM.x" /* 00: 3DNow is gone */
			       "MMMMMMMMMMMMMMMM" /* 10 */
			       "MMMMxxxxMMMMMMMM" /* 20 */
			       "......x.xxxxxxxx" /* 30: 38, 3A are dealt with before */
			       "MMMMMMMMMMMMMMMM" /* 40 */
			       "MMMMMMMMMMMMMMMM" /* 50 */
			       "MMMMMMMMMMMMMMMM" /* 60 */
			       "mmmmMMM.MMMMMMMM" /* 70 */
			       "dddddddddddddddd" /* 80 */
			       "MMMMMMMMMMMMMMMM" /* 90 */
			       "...MmMxx...MmMMM" /* A0 */
			       "MMMMMMMMMMmMMMMM" /* B0 */
			       "MMmMmmmM........" /* C0 */
			       "MMMMMMMMMMMMMMMM" /* D0 */
			       "MMMMMMMMMMMMMMMM" /* E0 */
			       "MMMMMMMMMMMMMMMM" /* F0 */;

/* The next byte. */
static uint8_t next(struct cursor *cursor)
{
	uint8_t byte;

	if (!span_read(cursor->code, cursor->at++, &byte, 1))
		cursor->over = true;
	return byte;
}

/* Reads the prefixes, except VEX and EVEX. Returns the first byte that is not a prefix. */
static uint8_t read_prefixes(struct cursor *cursor, struct insn *insn)
{
	for (;;) {
		uint8_t byte = next(cursor);

		if (cursor->over || insn->rex != 0)
			return byte;
		if ((byte & 0xf0) == 0x40) {
			insn->rex = byte;
			cursor->operand_64 = (byte & 8) != 0;
		} else if (byte == 0x66 || byte == 0xf2 || byte == 0xf3) {
			cursor->operand_16 |= byte == 0x66;
			insn->mandatory = byte;
		} else if (byte == 0x64 || byte == 0x65) {
			insn->segment = byte;
		} else if (byte == 0x67) {
			cursor->addr32 = true;
		} else if (byte != 0x26 && byte != 0x2e && byte != 0x36 && byte != 0x3e
		           && byte != 0xf0) {
			return byte;
		}
	}
}

/* A VEX or EVEX prefix, of which `first` has been read; then the opcode (SDM volume 2, 2.3 and
 * 2.7). */
static void read_vex(struct cursor *cursor, struct insn *insn, uint8_t first)
{
	static const uint8_t mandatory[] = { 0, 0x66, 0xf3, 0xf2 };
	uint8_t payload[3] = { next(cursor), 0, 0 };
	uint8_t last;

	if (first != 0xc5)
		payload[1] = next(cursor);
	if (first == 0x62)
		payload[2] = next(cursor);
	last = first == 0xc5 ? payload[0] : payload[1];
	insn->vex = true;
	insn->map = first == 0xc5 ? 1 : first == 0xc4 ? payload[0] & 31 : payload[0] & 7;
	insn->mandatory = mandatory[last & 3];
	/* R, X and B are stored inverted. C5 has only R. */
	insn->rex = (uint8_t)(0x40 | (~payload[0] >> 5 & (first == 0xc5 ? 4 : 7)));
	insn->opcode = next(cursor);
}

/* The opcode, and the bytes that select its map. */
static void read_opcode(struct cursor *cursor, struct insn *insn)
{
	uint8_t byte = read_prefixes(cursor, insn);

	if (insn->rex == 0 && (byte == 0xc4 || byte == 0xc5 || byte == 0x62)) {
		read_vex(cursor, insn, byte);
		return;
	}
	if (byte == 0x0f) {
		byte = next(cursor);
		insn->map = byte == 0x38 ? 2 : byte == 0x3a ? 3 : 1;
		if (insn->map > 1)
			byte = next(cursor);
	}
	insn->opcode = byte;
}

/* The ModRM byte, with a SIB byte and a displacement if it asks for them (tables 2-2 and 2-3). */
static void read_modrm(struct cursor *cursor, struct insn *insn)
{
	uint8_t byte = next(cursor);
	bool extended = (insn->rex & 1) != 0, far = false;
	uint8_t base;

	insn->has_modrm = true;
	insn->mod = byte >> 6;
	insn->reg = byte >> 3 & 7;
	insn->rm = byte & 7;
	if (insn->mod == 3)
		return;
	insn->memory = true;
	base = insn->rm == 4 ? next(cursor) & 7 : insn->rm;
	insn->base = (uint8_t)(base | (extended ? 8 : 0));
	if (insn->mod == 0 && base == 5) {
		insn->base = INSN_NO_REGISTER;
		far = true;
	}
	if (insn->mod == 1)
		insn->displacement = (int8_t)next(cursor);
	for (unsigned i = 0; i < 4 && (far || insn->mod == 2); i++)
		insn->displacement |= (int32_t)((uint32_t)next(cursor) << (8 * i));
}

/* What follows the opcode, as a letter of the tables above. */
static char what_follows(const struct insn *insn)
{
	switch (insn->map) {
	case 0:
		return one_byte[insn->opcode];
	case 1:
		return two_byte[insn->opcode];
	case 2:
		return 'M';
	case 3:
		return 'm';
	default:
		return insn->vex && insn->map < 7 ? 'M' : 'x';
	}
}

/* How many bytes of immediate follow. */
static unsigned immediate_size(const struct cursor *cursor, const struct insn *insn, char what)
{
	unsigned usual = cursor->operand_16 ? 2 : 4;

	switch (what) {
	case '1':
	case 'm':
		return 1;
	case '2':
		return 2;
	case '3':
		return 3;
	case 'z':
	case 'Z':
		return usual;
	case 'd':
		return 4;
	case 'v':
		return cursor->operand_64 ? 8 : usual;
	case 'o':
		return cursor->addr32 ? 4 : 8;
	case 't':
		return insn->reg < 2 ? 1 : 0;
	case 'T':
		return insn->reg < 2 ? usual : 0;
	default:
		return 0;
	}
}

/* The immediate of this many bytes at the end, sign-extended. */
static int64_t read_immediate(struct cursor *cursor, unsigned size)
{
	uint64_t value = 0;

	if (size == 0)
		return 0;
	for (unsigned i = 0; i < size; i++)
		value |= (uint64_t)next(cursor) << (8 * i);
	return (int64_t)(value << (64 - 8 * size)) >> (64 - 8 * size);
}

bool insn_read(struct span code, uint64_t at, struct insn *insn)
{
	struct cursor cursor = { .code = code, .at = at };
	char what;

	memset(insn, 0, sizeof(*insn));
	insn->base = INSN_NO_REGISTER;
	read_opcode(&cursor, insn);
	what = what_follows(insn);
	if (cursor.over || what == 'x')
		return false;
	if (what == 'M' || what == 'm' || what == 'Z' || what == 't' || what == 'T')
		read_modrm(&cursor, insn);
	insn->immediate = read_immediate(&cursor, immediate_size(&cursor, insn, what));
	insn->length = (unsigned)(cursor.at - at);
	return !cursor.over && in_bounds(at, insn->length, code.size) && insn->length <= 15;
}
