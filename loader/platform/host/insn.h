/* SPDX-License-Identifier: MIT */
/*
 * insn.h - decodes one x86-64 instruction: its length, its opcode and the memory that it names; not
 * what it does.
 */
#ifndef HOST_INSN_H
#define HOST_INSN_H

#include "core/base.h"

enum { INSN_RSP = 4, INSN_RBP = 5, INSN_NO_REGISTER = 255 };

struct insn {
	unsigned length;
	uint8_t map;       /* 0: one byte; 1: 0F; 2: 0F 38; 3: 0F 3A; more: EVEX only */
	uint8_t opcode;    /* the last byte of it */
	uint8_t rex;       /* or 0 */
	uint8_t segment;   /* 0x64: FS; 0x65: GS; 0: neither */
	uint8_t mandatory; /* the last prefix of 66, F2, F3, or 0 */
	bool vex;          /* encoded with VEX or EVEX */
	bool has_modrm;
	uint8_t mod, reg, rm; /* of the ModRM byte; reg and rm without REX */
	bool memory;          /* the ModRM byte names memory: base + displacement */
	uint8_t base; /* register number with REX, or INSN_NO_REGISTER (RIP counts as none) */
	int32_t displacement;
	int64_t immediate; /* sign-extended; if there are two, both as they are */
};

/* Decodes the instruction at `at`. False if it does not exist in 64-bit mode, or ends beyond the
 * code. */
bool insn_read(struct span code, uint64_t at, struct insn *insn);

#endif
