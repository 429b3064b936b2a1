/* SPDX-License-Identifier: MIT */
/*
 * operands.c - the memory that instructions access (Intel SDM volume 2: each instruction's page,
 * and appendix A). An explanation must be right: of an address that depends on something unknown,
 * such as a vector of indices, only the known part is given.
 */
#include "explain/operands.h"

enum {
	OPERAND = 64,   /* bytes of an ordinary operand, at most */
	X87_STATE = 128 /* fnsave: 108 */
};

/* Units and conditions of the table's rows. */
enum {
	BYTES = 0, /* as many as an operand has */
	NEAR = 1,  /* words of 8 bytes, or 4 in 32-bit code */
	FAR = 2,   /* words of 4 bytes, but 8 with REX.W */
	UNIT = NEAR | FAR,
	ONLY_32 = 4,  /* 32-bit code only */
	OVERRIDE = 8, /* a prefix for FS or GS applies */
	BY_MODRM = 16 /* the register is the one in ModRM's field reg */
};

/* Memory that an opcode accesses without naming it. */
struct implied {
	uint8_t map, opcode, mask; /* the opcode's bits that count */
	uint8_t modrm, modrm_mask; /* and ModRM's */
	uint8_t base;              /* the register that has the address */
	uint8_t how;               /* see above */
	int8_t first;              /* word */
	uint8_t count;             /* of words */
};

#define ALL 0xff

static const struct implied implied[] = {
	{ MAP_ONE_BYTE, 0x06, 0xe7, 0, 0, RSP, NEAR | ONLY_32, -1, 1 }, /* push ES, CS, SS, DS */
	{ MAP_ONE_BYTE, 0x07, 0xe7, 0, 0, RSP, NEAR | ONLY_32, 0, 1 },  /* pop */
	{ MAP_ONE_BYTE, 0x50, 0xf8, 0, 0, RSP, NEAR, -1, 1 },           /* push */
	{ MAP_ONE_BYTE, 0x58, 0xf8, 0, 0, RSP, NEAR, 0, 1 },            /* pop */
	{ MAP_ONE_BYTE, 0x60, ALL, 0, 0, RSP, NEAR | ONLY_32, -8, 8 },  /* pusha */
	{ MAP_ONE_BYTE, 0x61, ALL, 0, 0, RSP, NEAR | ONLY_32, 0, 8 },   /* popa */
	{ MAP_ONE_BYTE, 0x68, 0xfd, 0, 0, RSP, NEAR, -1, 1 },           /* push a number */
	{ MAP_ONE_BYTE, 0x6c, 0xfe, 0, 0, RDI, BYTES, 0, 0 },           /* ins */
	{ MAP_ONE_BYTE, 0x6e, 0xfe, 0, 0, RSI, OVERRIDE, 0, 0 },        /* outs */
	{ MAP_ONE_BYTE, 0x8f, ALL, 0, 0, RSP, NEAR, 0, 1 },             /* pop to memory */
	{ MAP_ONE_BYTE, 0x9a, ALL, 0, 0, RSP, FAR | ONLY_32, -2, 2 },   /* call far */
	{ MAP_ONE_BYTE, 0x9c, ALL, 0, 0, RSP, NEAR, -1, 1 },            /* pushf */
	{ MAP_ONE_BYTE, 0x9d, ALL, 0, 0, RSP, NEAR, 0, 1 },             /* popf */
	{ MAP_ONE_BYTE, 0xa4, 0xfc, 0, 0, RSI, OVERRIDE, 0, 0 },        /* movs, cmps */
	{ MAP_ONE_BYTE, 0xac, 0xfe, 0, 0, RSI, OVERRIDE, 0, 0 },        /* lods */
	{ MAP_ONE_BYTE, 0xa4, 0xfc, 0, 0, RDI, BYTES, 0, 0 },           /* movs, cmps */
	{ MAP_ONE_BYTE, 0xaa, 0xfe, 0, 0, RDI, BYTES, 0, 0 },           /* stos */
	{ MAP_ONE_BYTE, 0xae, 0xfe, 0, 0, RDI, BYTES, 0, 0 },           /* scas */
	{ MAP_ONE_BYTE, 0xc2, 0xfe, 0, 0, RSP, NEAR, 0, 1 },            /* ret */
	{ MAP_ONE_BYTE, 0xc8, ALL, 0, 0, RSP, NEAR, -1, 1 },            /* enter */
	{ MAP_ONE_BYTE, 0xc9, ALL, 0, 0, RBP, NEAR, 0, 1 },             /* leave */
	{ MAP_ONE_BYTE, 0xca, 0xfe, 0, 0, RSP, FAR, 0, 2 },             /* ret far */
	{ MAP_ONE_BYTE, 0xcf, ALL, 0, 0, RSP, FAR, 0, 5 },              /* iret */
	{ MAP_ONE_BYTE, 0xd7, ALL, 0, 0, RBX, OVERRIDE, 0, 0 },         /* xlat */
	{ MAP_ONE_BYTE, 0xe8, ALL, 0, 0, RSP, NEAR, -1, 1 },            /* call */
	{ MAP_ONE_BYTE, 0xff, ALL, 2 << 3, 7 << 3, RSP, NEAR, -1, 1 },  /* call */
	{ MAP_ONE_BYTE, 0xff, ALL, 3 << 3, 7 << 3, RSP, FAR, -2, 2 },   /* call far */
	{ MAP_ONE_BYTE, 0xff, ALL, 6 << 3, 7 << 3, RSP, NEAR, -1, 1 },  /* push */
	{ MAP_0F, 0x01, ALL, 0xc8, ALL, RAX, OVERRIDE, 0, 0 },          /* monitor */
	{ MAP_0F, 0x01, ALL, 0xfc, ALL, RAX, OVERRIDE, 0, 0 },          /* clzero */
	{ MAP_0F, 0xa0, 0xf7, 0, 0, RSP, NEAR, -1, 1 },                 /* push FS, GS */
	{ MAP_0F, 0xa1, 0xf7, 0, 0, RSP, NEAR, 0, 1 },                  /* pop FS, GS */
	{ MAP_0F, 0xf7, ALL, 0xc0, 0xc0, RDI, OVERRIDE, 0, 0 },         /* maskmovdqu */
	{ MAP_0F38, 0xf8, ALL, 0, 0, 0, BY_MODRM, 0, 0 },               /* movdir64b, enqcmd */
};

/* The number of `size` bytes after the opcode; 0 if it was not read. */
static uint64_t immediate(const struct instruction *in, unsigned at, unsigned size)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < size && in->immediate + at + i < in->count; i++)
		value |= (uint64_t)in->bytes[in->immediate + at + i] << (8 * i);
	return value;
}

/* Bytes of an address; the prefix 67h halves it. */
static unsigned address_size(const struct look *look, const struct instruction *in)
{
	return look_word_size(look) >> (in->other_addresses ? 1 : 0);
}

/* Adds an operand: cuts its address to the size in use, and adds the base of FS or GS. */
static void add(const struct look *look, struct instruction *in, struct operand operand)
{
	unsigned size = operand.stack ? look_word_size(look) : address_size(look, in);

	operand.address &= UINT64_MAX >> (64 - 8 * size);
	if (operand.segment != 0)
		operand.address +=
			operand.segment == 0x64 ? look->fault->fs_base : look->fault->gs_base;
	if (look->fault->code32 != 0)
		operand.address &= UINT32_MAX;
	in->operands[in->operand_count++] = operand;
}

/* True if the instruction does not access its operand, or may do so where nothing is mapped: lea,
 * prefetches and hints, invlpg. */
static bool is_untouched(const struct instruction *in)
{
	if (in->vector_size != 0)
		return false;
	if (in->map == MAP_ONE_BYTE)
		return in->opcode == 0x8d;
	return in->map == MAP_0F
	    && ((in->opcode & 0xf8) == 0x18 || in->opcode == 0x0d
	        || (in->opcode == 0x01 && (in->modrm >> 3 & 7) == 7));
}

enum indices operands_indices(const struct instruction *in)
{
	if (in->vector_size == 0 || in->map != MAP_0F38)
		return INDICES_NONE;
	if ((in->opcode & 0xfc) == 0x90 || (in->opcode & 0xfc) == 0xa0
	    || (in->opcode & 0xfe) == 0xc6)
		return INDICES_VECTOR;
	return in->opcode == 0x4b ? INDICES_ROWS : INDICES_NONE;
}

/* Bytes of an operand whose opcode is even for bytes and odd for larger ones: strings, and mov with
 * an address. */
static uint64_t string_size(const struct instruction *in)
{
	return (in->opcode & 1) == 0 ? 1 : (in->rex & 8) != 0 ? 8 : in->short_operands ? 2 : 4;
}

/* Bytes that ModRM's operand can have: more than 64 only where state is saved or loaded. */
static uint64_t size_of(const struct instruction *in)
{
	if (in->map == MAP_0F && (in->opcode == 0xae || in->opcode == 0xc7))
		return PAGE_SIZE;
	return in->map == MAP_ONE_BYTE && in->opcode == 0xdd ? X87_STATE : OPERAND;
}

/* What bt, bts, btr and btc add to the address: their register is a bit number from there. */
static uint64_t bit_offset(const struct look *look, const struct instruction *in)
{
	int64_t bits = (int64_t)look->fault->registers[instruction_field(in)];
	unsigned shift = (in->rex & 8) != 0 ? 6 : in->short_operands ? 4 : 5;

	if (in->vector_size != 0 || in->map != MAP_0F || (in->opcode & 0xe7) != 0xa3)
		return 0;
	if (shift != 6)
		bits = shift == 4 ? (int16_t)bits : (int32_t)bits;
	return (uint64_t)((bits >> shift) * (1 << (shift - 3)));
}

void operands_add_memory(const struct look *look, struct instruction *in, struct operand operand)
{
	uint64_t bits;

	if (!in->known || is_untouched(in))
		return;
	operand.vector = operands_indices(in) == INDICES_VECTOR;
	operand.size = operands_indices(in) != INDICES_NONE ? UINT64_MAX : size_of(in);
	bits = bit_offset(look, in);
	operand.address += bits;
	if (bits != 0 && operand.index < 0)
		operand.index = (int)instruction_field(in);
	if (in->map == MAP_ONE_BYTE && in->opcode == 0x8f && operand.base == RSP) {
		operand.distance += look_word_size(look); /* pop moves RSP first */
		operand.address += look_word_size(look);
	}
	in->has_memory = true;
	add(look, in, operand);
}

/* The operand that a row describes. */
static struct operand operand_of(const struct look *look, const struct instruction *in,
                                 const struct implied *row)
{
	unsigned near = look_word_size(look);
	unsigned word = in->short_operands ? 2 : (row->how & FAR) == 0 ? near : 4;
	struct operand operand = { .index = -1, .size = OPERAND };

	if (in->map == MAP_ONE_BYTE)
		operand.size = string_size(in);
	if ((row->how & UNIT) != BYTES) {
		word = (in->rex & 8) != 0 ? 8 : word;
		operand.stack = true;
		operand.size = row->count * word;
		operand.distance = row->first * (int64_t)word;
	}
	operand.base = (row->how & BY_MODRM) != 0 ? (int)instruction_field(in) : row->base;
	if ((row->how & OVERRIDE) != 0)
		operand.segment = in->segment;
	if (in->map == MAP_ONE_BYTE && in->opcode == 0xd7)
		operand.distance = (uint8_t)look->fault->registers[RAX]; /* xlat adds AL */
	operand.address = look->fault->registers[operand.base] + (uint64_t)operand.distance;
	return operand;
}

/* True if the row applies to this instruction. */
static bool row_holds(const struct look *look, const struct instruction *in,
                      const struct implied *row)
{
	return row->map == in->map && (in->opcode & row->mask) == row->opcode
	    && (in->modrm & row->modrm_mask) == row->modrm
	    && ((row->how & ONLY_32) == 0 || look->fault->code32 != 0)
	    && ((row->how & BY_MODRM) == 0 || (in->has_memory && in->prefix != 0));
}

/* enter: the words that it copies from the previous frame, and the space that it allocates, which
 * must be mapped as well. */
static void add_frames(const struct look *look, struct instruction *in)
{
	unsigned word = look_word_size(look);
	uint64_t size = immediate(in, 0, 2);
	uint64_t level = immediate(in, 2, 1) & 31;
	struct operand *pushed = &in->operands[0];
	struct operand frames = { .base = RBP, .index = -1, .stack = true };

	pushed->distance -= (int64_t)(size + level * word);
	pushed->address -= size + level * word;
	pushed->size += size + level * word;
	if (level < 2)
		return;
	frames.distance = -(int64_t)((level - 1) * word);
	frames.size = (level - 1) * word;
	frames.address = look->fault->registers[RBP] + (uint64_t)frames.distance;
	add(look, in, frames);
}

void operands_add_implied(const struct look *look, struct instruction *in)
{
	if (in->map == MAP_ONE_BYTE && (in->opcode & 0xfc) == 0xa0) { /* mov with an address */
		add(look, in,
		    (struct operand){ .address = immediate(in, 0, address_size(look, in)),
		                      .size = string_size(in),
		                      .base = -1,
		                      .index = -1,
		                      .segment = in->segment });
		return;
	}
	for (unsigned i = 0; i < COUNT(implied) && in->operand_count < OPERANDS_MAX; i++) {
		if (row_holds(look, in, &implied[i]))
			add(look, in, operand_of(look, in, &implied[i]));
	}
	if (in->map == MAP_ONE_BYTE && in->opcode == 0xc8)
		add_frames(look, in);
}

/* True if it is an SSE instruction whose operand must be at a multiple of its size. In the table
 * after 0Fh, these are few without a prefix, and most with 66h. */
static bool is_aligned_sse(const struct instruction *in)
{
	uint8_t opcode = in->opcode;
	bool both = (opcode & 0xfe) == 0x14 || (opcode & 0xfe) == 0x28 || opcode == 0x2b
	         || (opcode >= 0x51 && opcode < 0x60 && opcode != 0x5a) || opcode == 0xc2
	         || opcode == 0xc6;

	switch (in->prefix) {
	case 0:
		return both;
	case 0x66:
		return both || (opcode & 0xfe) == 0x2c || opcode == 0x5a
		    || (opcode >= 0x60 && opcode < 0x78 && opcode != 0x6e)
		    || (opcode >= 0x7c && opcode < 0x80 && opcode != 0x7e)
		    || (opcode >= 0xd0 && opcode != 0xd6);
	case 0xf3:
		return opcode == 0x12 || opcode == 0x16 || opcode == 0x5b || opcode == 0x70;
	default:
		return opcode == 0x70 || opcode == 0x7c || opcode == 0x7d || opcode == 0xd0
		    || opcode == 0xe6;
	}
}

/* The same for the tables after 0F38h and 0F3Ah: SSSE3 to SSE4.2, AES and SHA. */
static bool is_aligned_late(const struct instruction *in)
{
	uint8_t opcode = in->opcode;

	if (in->map == MAP_0F3A)
		return opcode == 0xcc
		    || (in->prefix == 0x66 && !(opcode >= 0x0a && opcode < 0x0c)
		        && !(opcode >= 0x14 && opcode < 0x18) && !(opcode >= 0x20 && opcode < 0x23)
		        && !(opcode >= 0x60 && opcode < 0x64));
	if (in->prefix != 0x66)
		return in->prefix == 0 && opcode >= 0xc8 && opcode < 0xce;
	return opcode < 0x80 ? (opcode & 0xe8) != 0x20 || (opcode & 7) > 5 : opcode < 0xf0;
}

/* The alignment that fxsave, xsave, cmpxchg16b and the like require. */
static unsigned state_alignment(const struct instruction *in)
{
	unsigned field = in->modrm >> 3 & 7;

	if (in->opcode == 0xae && in->prefix == 0)
		return field < 2 ? 16 : field >= 4 && field < 7 ? 64 : 1;
	if (in->opcode == 0xc7)
		return field >= 3 && field < 6 ? 64 : field == 1 && (in->rex & 8) != 0 ? 16 : 1;
	return 0;
}

unsigned operands_aligned(const struct instruction *in)
{
	return in->map == MAP_0F38 && in->opcode == 0xf8 && in->operand_count > 1;
}

unsigned operands_alignment(const struct instruction *in)
{
	unsigned state = in->map == MAP_0F ? state_alignment(in) : 0;

	if (!in->has_memory || in->map == MAP_ONE_BYTE)
		return 1;
	if (operands_aligned(in) != 0)
		return 64;
	if (in->vector_size != 0) {
		bool moves = in->opcode == 0x28 || in->opcode == 0x29 || in->opcode == 0x2b
		          || (in->prefix == 0x66
		              && ((in->opcode & 0xef) == 0x6f || in->opcode == 0xe7));

		return (in->map == MAP_0F && moves) || (in->map == MAP_0F38 && in->opcode == 0x2a)
		             ? in->vector_size
		             : 1;
	}
	if (state != 0)
		return state;
	return (in->map == MAP_0F ? is_aligned_sse(in) : is_aligned_late(in)) ? 16 : 1;
}
