/* SPDX-License-Identifier: MIT */
/*
 * evex.c - disp8*N: after an EVEX prefix, a displacement of one byte counts in units of what the
 * instruction accesses (Intel SDM volume 2A, 2.7.5, and each instruction's tuple type).
 */
#include "explain/evex.h"

/* Units that depend on the vector's length or on the bit W; others are numbers of bytes. */
enum {
	BY_W = 0x40, /* added to a number, which W doubles */
	HALF = 0x81,
	QUARTER = 0x82,
	EIGHTH = 0x83,
	HALF_IF_W0 = 0x91,
	DOUBLED = 0xa0 /* 8 bytes in 16, otherwise the vector */
};

/* Mandatory prefixes, a bit each. */
enum { NONE = 1, P66 = 2, F3 = 4, F2 = 8 };

/* Opcodes that do not access a whole vector. The first row that holds is the one. */
static const struct {
	uint8_t map, opcode, mask; /* the opcode's bits that count */
	uint8_t prefixes;
	uint8_t unit;
} units[] = {
	/* Half vectors that are widened, and vectors that are narrowed. */
	{ MAP_0F, 0x5a, 0xff, NONE, HALF_IF_W0 },
	{ MAP_0F, 0x5b, 0xff, F3, 0 },
	{ MAP_0F, 0x78, 0xfe, P66, HALF_IF_W0 },
	{ MAP_0F, 0x7a, 0xff, P66 | F3, HALF_IF_W0 },
	{ MAP_0F, 0x7b, 0xff, P66, HALF_IF_W0 },
	{ MAP_0F, 0xe6, 0xff, F3, HALF_IF_W0 },
	{ MAP_0F38, 0x10, 0xff, F3, HALF },
	{ MAP_0F38, 0x11, 0xff, F3, QUARTER },
	{ MAP_0F38, 0x12, 0xff, F3, EIGHTH },
	{ MAP_0F38, 0x13, 0xff, P66 | F3, HALF },
	{ MAP_0F38, 0x14, 0xff, F3, QUARTER },
	{ MAP_0F38, 0x15, 0xff, F3, HALF },
	{ MAP_0F38, 0x20, 0xef, P66 | F3, HALF }, /* and 30h, likewise below */
	{ MAP_0F38, 0x21, 0xef, P66 | F3, QUARTER },
	{ MAP_0F38, 0x22, 0xef, P66 | F3, EIGHTH },
	{ MAP_0F38, 0x23, 0xef, P66 | F3, HALF },
	{ MAP_0F38, 0x24, 0xef, P66 | F3, QUARTER },
	{ MAP_0F38, 0x25, 0xef, P66 | F3, HALF },
	{ MAP_0F3A, 0x1d, 0xff, P66, HALF },
	{ MAP_5, 0x5a, 0xff, NONE, QUARTER },
	{ MAP_5, 0x5b, 0xff, P66 | F3, HALF },
	{ MAP_5, 0x78, 0xfe, NONE, HALF },
	{ MAP_5, 0x78, 0xfe, P66, QUARTER },
	{ MAP_5, 0x7a, 0xfe, P66, QUARTER },
	{ MAP_6, 0x13, 0xff, P66, HALF },

	/* Parts of a vector. */
	{ MAP_0F, 0x12, 0xff, F2, DOUBLED },
	{ MAP_0F, 0x12, 0xfa, NONE | P66, 8 },
	{ MAP_0F, 0x6e, 0xef, P66, BY_W | 4 },
	{ MAP_0F, 0x7e, 0xff, F3, 8 },
	{ MAP_0F, 0xd6, 0xff, P66, 8 },
	{ MAP_0F, 0xc4, 0xff, P66, 2 },
	{ MAP_0F, 0xd1, 0xff, P66, 16 }, /* shifts by a number in memory */
	{ MAP_0F, 0xd2, 0xfe, P66, 16 },
	{ MAP_0F, 0xe1, 0xff, P66, 16 },
	{ MAP_0F, 0xe2, 0xff, P66, 16 },
	{ MAP_0F, 0xf1, 0xff, P66, 16 },
	{ MAP_0F, 0xf2, 0xfe, P66, 16 },
	{ MAP_0F38, 0x18, 0xbf, P66, 4 }, /* broadcasts; and 58h, likewise below */
	{ MAP_0F38, 0x19, 0xbf, P66, 8 },
	{ MAP_0F38, 0x1a, 0xbf, P66, 16 },
	{ MAP_0F38, 0x1b, 0xbf, P66, 32 },
	{ MAP_0F38, 0x78, 0xff, P66, 1 },
	{ MAP_0F38, 0x79, 0xff, P66, 2 },
	{ MAP_0F38, 0x62, 0xfe, P66, BY_W | 1 }, /* compressed and expanded, likewise below */
	{ MAP_0F38, 0x88, 0xfc, P66, BY_W | 4 },
	{ MAP_0F3A, 0x14, 0xff, P66, 1 },
	{ MAP_0F3A, 0x15, 0xff, P66, 2 },
	{ MAP_0F3A, 0x16, 0xff, P66, BY_W | 4 },
	{ MAP_0F3A, 0x17, 0xff, P66, 4 },
	{ MAP_0F3A, 0x18, 0xde, P66, 16 },
	{ MAP_0F3A, 0x1a, 0xde, P66, 32 },
	{ MAP_0F3A, 0x20, 0xff, P66, 1 },
	{ MAP_0F3A, 0x21, 0xff, P66, 4 },
	{ MAP_0F3A, 0x22, 0xff, P66, BY_W | 4 },
	{ MAP_5, 0x6e, 0xef, P66, 2 },

	/* Scalars. */
	{ MAP_0F, 0x2a, 0xff, F3 | F2, BY_W | 4 },
	{ MAP_0F, 0x7b, 0xff, F3 | F2, BY_W | 4 },
	{ MAP_0F, 0x2e, 0xfe, NONE, 4 },
	{ MAP_0F, 0x2e, 0xfe, P66, 8 },
	{ MAP_0F38, 0x2d, 0xff, P66, BY_W | 4 },
	{ MAP_0F38, 0x43, 0xff, P66, BY_W | 4 },
	{ MAP_0F38, 0x4d, 0xfd, P66, BY_W | 4 },
	{ MAP_0F38, 0x99, 0xf9, P66, BY_W | 4 },
	{ MAP_0F38, 0xa9, 0xe9, P66, BY_W | 4 },
	{ MAP_0F3A, 0x0a, 0xff, NONE, 2 },
	{ MAP_0F3A, 0x0a, 0xff, P66, 4 },
	{ MAP_0F3A, 0x0b, 0xff, P66, 8 },
	{ MAP_0F3A, 0x27, 0xbf, P66, BY_W | 4 },
	{ MAP_0F3A, 0x51, 0xfb, P66, BY_W | 4 },
	{ MAP_0F3A, 0x57, 0xff, P66, BY_W | 4 },
	{ MAP_0F3A, 0x27, 0xbf, NONE, 2 },
	{ MAP_0F3A, 0x57, 0xff, NONE, 2 },
	{ MAP_0F3A, 0xc2, 0xff, F3, 2 },
	{ MAP_5, 0x1d, 0xff, NONE, 4 },
	{ MAP_5, 0x2a, 0xff, F3, BY_W | 4 },
	{ MAP_5, 0x7b, 0xff, F3, BY_W | 4 },
	{ MAP_5, 0x2e, 0xfe, NONE, 2 },
	{ MAP_5, 0x5a, 0xff, F2, 8 },
	{ MAP_6, 0x13, 0xff, NONE, 2 },
	{ MAP_6, 0x2d, 0xff, P66, 2 },
	{ MAP_6, 0x43, 0xff, P66, 2 },
	{ MAP_6, 0x4d, 0xfd, P66, 2 },
	{ MAP_6, 0x99, 0xf9, P66, 2 },
	{ MAP_6, 0xa9, 0xe9, P66, 2 },
	{ MAP_6, 0x57, 0x7f, F3 | F2, 4 },
	{ MAP_0F, 0x10, 0xfe, F3, 4 }, /* moves, and all arithmetic: ss, sd, sh */
	{ MAP_0F, 0x2c, 0xfe, F3, 4 },
	{ MAP_0F, 0x51, 0xff, F3, 4 },
	{ MAP_0F, 0x58, 0xf8, F3, 4 },
	{ MAP_0F, 0x78, 0xfe, F3, 4 },
	{ MAP_0F, 0xc2, 0xff, F3, 4 },
	{ MAP_0F, 0x10, 0xfe, F2, 8 },
	{ MAP_0F, 0x2c, 0xfe, F2, 8 },
	{ MAP_0F, 0x51, 0xff, F2, 8 },
	{ MAP_0F, 0x58, 0xf8, F2, 8 },
	{ MAP_0F, 0x78, 0xfe, F2, 8 },
	{ MAP_0F, 0xc2, 0xff, F2, 8 },
	{ MAP_5, 0x10, 0xfe, F3, 2 },
	{ MAP_5, 0x2c, 0xfe, F3, 2 },
	{ MAP_5, 0x51, 0xff, F3, 2 },
	{ MAP_5, 0x58, 0xf8, F3, 2 },
	{ MAP_5, 0x78, 0xfe, F3, 2 },
};

/* Bytes of an element that stands for all of a vector. */
static int64_t element(const struct instruction *in)
{
	bool is_half =
		in->map == MAP_5 || in->map == MAP_6 || (in->map == MAP_0F3A && in->prefix == 0);
	bool from_32 = (in->map == MAP_5
	                && (in->opcode == 0x1d || (in->opcode == 0x5b && in->prefix == 0)
	                    || (in->opcode == 0x7a && in->prefix == 0xf2)))
	            || (in->map == MAP_6 && (in->opcode & 0x7f) == 0x56);

	if ((in->rex & 8) != 0)
		return 8;
	return is_half && !from_32 ? 2 : 4;
}

/* A row's unit, in bytes. */
static int64_t bytes_of(const struct instruction *in, uint8_t unit)
{
	unsigned w = in->rex >> 3 & 1;

	if (unit == 0 || (unit == HALF_IF_W0 && w == 1)
	    || (unit == DOUBLED && in->vector_size > 16))
		return in->vector_size;
	if (unit == DOUBLED)
		return 8;
	if ((unit & 0x80) != 0)
		return in->vector_size >> (unit & 7);
	return (unit & BY_W) != 0 ? (unit & ~BY_W) << w : unit;
}

int64_t evex_unit(const struct instruction *in)
{
	unsigned prefix = in->prefix == 0    ? NONE
	                : in->prefix == 0x66 ? P66
	                : in->prefix == 0xf3 ? F3
	                                     : F2;

	if (in->broadcast)
		return element(in);
	for (unsigned i = 0; i < COUNT(units); i++) {
		if (units[i].map == in->map && (in->opcode & units[i].mask) == units[i].opcode
		    && (units[i].prefixes & prefix) != 0)
			return bytes_of(in, units[i].unit);
	}
	return in->vector_size;
}
