/* SPDX-License-Identifier: MIT */
/* values.c - constants in registers (Intel SDM volume 2: each instruction's page). */
#include "platform/host/values.h"

#include "x86/registers.h"

enum { NUMBER_RAX = 0, NUMBER_RDX = 2 };

/* The general registers that an instruction may have written. */
enum effect { EVERYTHING, NOTHING, THE_RM, THE_REG, THE_RAX, RAX_AND_RDX };

static const struct value unknown;

void values_forget(struct values *values)
{
	memset(values, 0, sizeof(*values));
}

unsigned values_rm(const struct insn *insn)
{
	return insn->rm | ((insn->rex & REX_B) != 0 ? 8u : 0);
}

static unsigned reg_of(const struct insn *insn)
{
	return insn->reg | ((insn->rex & REX_R) != 0 ? 8u : 0);
}

/* ---- values that can be computed ---- */

static struct value constant(uint64_t number)
{
	return (struct value){ .ones = number, .zeros = ~number };
}

/* Writes a register with the instruction's operand size: 32 bits clear the upper half, 16 bits keep
 * the rest. */
static void assign(struct values *values, unsigned number, const struct insn *insn,
                   struct value value)
{
	struct value *to = &values->list[number];
	uint64_t kept = (insn->rex & REX_W) != 0 ? 0 : insn->mandatory == 0x66 ? ~0xffffull : 0;

	if ((insn->rex & REX_W) == 0 && kept == 0)
		value = (struct value){ value.ones & UINT32_MAX, value.zeros | ~0xffffffffull, 0 };
	value.ones = (to->ones & kept) | (value.ones & ~kept);
	value.zeros = (to->zeros & kept) | (value.zeros & ~kept);
	value.wide = (insn->rex & REX_W) != 0;
	*to = value;
}

static struct value or_of(struct value a, struct value b)
{
	return (struct value){ .ones = a.ones | b.ones, .zeros = a.zeros & b.zeros };
}

static struct value and_of(struct value a, struct value b)
{
	return (struct value){ .ones = a.ones & b.ones, .zeros = a.zeros | b.zeros };
}

static struct value xor_of(struct value a, struct value b)
{
	return (struct value){ .ones = (a.ones & b.zeros) | (a.zeros & b.ones),
		               .zeros = (a.ones & b.ones) | (a.zeros & b.zeros) };
}

/* or, and, xor by their numbers among the eight of arithmetic. False for the others. */
static bool combine(struct values *values, unsigned number, const struct insn *insn,
                    unsigned operation, struct value other)
{
	struct value value = values->list[number];

	switch (operation) {
	case 1:
		assign(values, number, insn, or_of(value, other));
		return true;
	case 4:
		assign(values, number, insn, and_of(value, other));
		return true;
	case 6:
		assign(values, number, insn, xor_of(value, other));
		return true;
	default:
		return false;
	}
}

/* Arithmetic of two registers; xor and sub of a register with itself give 0. */
static bool combine_registers(struct values *values, const struct insn *insn)
{
	bool to_rm = (insn->opcode & 7) == 1;
	unsigned operation = insn->opcode >> 3, rm = values_rm(insn), reg = reg_of(insn);

	if (rm == reg && (operation == 5 || operation == 6)) {
		assign(values, rm, insn, constant(0));
		return true;
	}
	return combine(values, to_rm ? rm : reg, insn, operation, values->list[to_rm ? reg : rm]);
}

/* Instructions on registers whose result can be computed from known bits. False for others. */
static bool compute(struct values *values, const struct insn *insn)
{
	struct value number = constant((uint64_t)insn->immediate);
	unsigned opcode = insn->opcode;
	uint64_t bit = UINT64_C(1) << (insn->immediate & ((insn->rex & REX_W) != 0 ? 63 : 31));

	if (insn->map == 1 && opcode == 0xba && insn->mod == 3 && insn->reg == 5)
		return combine(values, values_rm(insn), insn, 1, (struct value){ .ones = bit });
	if (insn->map == 1 && opcode == 0xba && insn->mod == 3 && insn->reg == 6)
		return combine(values, values_rm(insn), insn, 4,
		               (struct value){ .ones = ~bit, .zeros = bit });
	if (insn->map != 0)
		return false;
	if ((opcode & 0xf8) == 0xb8)
		assign(values, (opcode & 7) | ((insn->rex & REX_B) != 0 ? 8u : 0), insn, number);
	else if (opcode < 0x40 && (opcode & 7) == 5)
		return combine(values, NUMBER_RAX, insn, opcode >> 3, number);
	else if (insn->mod != 3 || !insn->has_modrm)
		return false;
	else if (opcode == 0x81 || opcode == 0x83)
		return combine(values, values_rm(insn), insn, insn->reg, number);
	else if (opcode < 0x40 && ((opcode & 7) == 1 || (opcode & 7) == 3))
		return combine_registers(values, insn);
	else if (opcode == 0xc7)
		assign(values, values_rm(insn), insn, number);
	else if (opcode == 0x89)
		assign(values, values_rm(insn), insn, values->list[reg_of(insn)]);
	else if (opcode == 0x8b)
		assign(values, reg_of(insn), insn, values->list[values_rm(insn)]);
	else
		return false;
	return true;
}

/* ---- values that become unknown ---- */

/* Arithmetic: opcodes 00 to 3F, eight for each operation; the last eight only compare. */
static enum effect arithmetic_effect(const struct insn *insn)
{
	static const enum effect effects[8] = { EVERYTHING, THE_RM,  EVERYTHING, THE_REG,
		                                EVERYTHING, THE_RAX, EVERYTHING, EVERYTHING };

	return insn->opcode >= 0x38 && insn->opcode <= 0x3d ? NOTHING : effects[insn->opcode & 7];
}

/* True for push of a register, and for jumps on a condition, which are not taken. */
static bool is_push_or_jump(uint8_t opcode)
{
	return (opcode & 0xf8) == 0x50 || (opcode & 0xf0) == 0x70;
}

/* The rest of the one-byte map. 8-bit registers are not tracked. */
static enum effect one_byte_effect(const struct insn *insn)
{
	switch (insn->opcode) {
	case 0x63: /* movsxd */
	case 0x69: /* imul */
	case 0x6b:
	case 0x8b: /* mov */
	case 0x8d: /* lea */
		return THE_REG;
	case 0x81:
	case 0x83:
		return insn->reg == 7 ? NOTHING : THE_RM;
	case 0x89: /* mov */
	case 0x8c: /* mov from a segment register */
	case 0xc1: /* shifts */
	case 0xd1:
	case 0xd3:
	case 0xc7: /* mov */
		return THE_RM;
	case 0x80:
	case 0x88:
	case 0xc6:
		return insn->memory ? NOTHING : EVERYTHING;
	case 0x68: /* push */
	case 0x6a:
	case 0x84: /* test */
	case 0x85:
	case 0xa8:
	case 0xa9:
	case 0x8e: /* mov to a segment register */
	case 0x9c: /* pushf */
	case 0xe6: /* out */
	case 0xe7:
	case 0xee:
	case 0xef:
	case 0xfa: /* cli, sti, cld */
	case 0xfb:
	case 0xfc:
		return NOTHING;
	case 0xf7: /* test, not, neg; the others multiply and divide */
		return insn->reg < 2 ? NOTHING : insn->reg < 4 ? THE_RM : EVERYTHING;
	case 0xff: /* inc, dec, push */
		return insn->reg < 2 ? THE_RM : insn->reg == 6 ? NOTHING : EVERYTHING;
	case 0x90:
		return insn->rex == 0 ? NOTHING : EVERYTHING;
	default:
		return is_push_or_jump(insn->opcode) ? NOTHING : EVERYTHING;
	}
}

/* The map of 0F. */
static enum effect two_byte_effect(const struct insn *insn)
{
	switch (insn->opcode) {
	case 0x00: /* lldt, ltr */
		return insn->reg == 2 || insn->reg == 3 ? NOTHING : EVERYTHING;
	case 0x01: /* lgdt, lidt, invlpg */
	case 0xae: /* fxsave and the like */
		return insn->memory ? NOTHING : EVERYTHING;
	case 0x20: /* mov from a control register */
		return THE_RM;
	case 0x22: /* mov to one */
	case 0x30: /* wrmsr */
		return NOTHING;
	case 0x31: /* rdtsc */
	case 0x32: /* rdmsr */
		return RAX_AND_RDX;
	case 0xaf: /* imul */
	case 0xb6: /* movzx, movsx */
	case 0xb7:
	case 0xbe:
	case 0xbf:
		return THE_REG;
	case 0xba: /* bt, bts, btr, btc */
		return insn->reg == 4 ? NOTHING : THE_RM;
	default: /* cmov; nop; jumps that are not taken */
		if ((insn->opcode & 0xf0) == 0x40)
			return THE_REG;
		return (insn->opcode & 0xf8) == 0x18 || (insn->opcode & 0xf0) == 0x80 ? NOTHING
		                                                                      : EVERYTHING;
	}
}

static enum effect effect_of(const struct insn *insn)
{
	if (insn->vex || insn->map > 1)
		return EVERYTHING;
	if (insn->map == 1)
		return two_byte_effect(insn);
	return insn->opcode < 0x40 ? arithmetic_effect(insn) : one_byte_effect(insn);
}

void values_follow(struct values *values, const struct insn *insn)
{
	if (!insn->vex && compute(values, insn))
		return;
	switch (effect_of(insn)) {
	case EVERYTHING:
		values_forget(values);
		break;
	case NOTHING:
		break;
	case THE_RM:
		if (insn->mod == 3 || insn->map == 1)
			values->list[values_rm(insn)] = unknown;
		break;
	case THE_REG:
		values->list[reg_of(insn)] = unknown;
		break;
	case RAX_AND_RDX:
		values->list[NUMBER_RDX] = unknown;
		values->list[NUMBER_RAX] = unknown;
		break;
	case THE_RAX:
		values->list[NUMBER_RAX] = unknown;
		break;
	}
}
