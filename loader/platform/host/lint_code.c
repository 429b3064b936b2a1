/* SPDX-License-Identifier: MIT */
/*
 * lint_code.c - decodes the kernel's functions, instruction by instruction, and looks for compiler
 * output that is unsafe in kernels. Follows no jumps: a function is what its symbol says it is.
 * Unknown instructions are skipped, so all counts are "at least".
 */
#define _GNU_SOURCE
#include "platform/host/lint_code.h"

#include "platform/host/functions.h"
#include "platform/host/insn.h"
#include "platform/host/lookup.h"

#include <string.h>

/* What the whole code contains. */
struct habits {
	struct tally red_zone, sse, avx, protector;
	bool saves_sse;    /* it has FXSAVE or XSAVE */
	bool switches_sse; /* it writes to CR4 */
	bool switches_avx; /* it has XSETBV */
};

/* What is known about the stack at a point in a function. */
struct frame {
	bool known;     /* RBP has been set, and RSP has been changed only by pushes since then */
	uint64_t below; /* bytes that were pushed since */
};

/* True for instructions that read or write memory through their ModRM byte: not LEA, not NOP. */
static bool touches_memory(const struct insn *insn)
{
	bool lea = insn->map == 0 && insn->opcode == 0x8d;
	bool nop = insn->map == 1 && insn->opcode >= 0x18 && insn->opcode <= 0x1f;

	return insn->memory && !lea && !nop;
}

/* True if it is one of the instructions that change stack pointers, and its ModRM byte names
 * register `number` (0 to 7) as the destination. */
static bool writes_register(const struct insn *insn, unsigned number)
{
	bool to_rm = insn->opcode == 0x81 || insn->opcode == 0x83 || insn->opcode == 0x89;
	bool to_reg = insn->opcode == 0x8b || insn->opcode == 0x8d;

	return insn->map == 0 && insn->has_modrm
	    && ((to_rm && insn->mod == 3 && insn->rm == number) || (to_reg && insn->reg == number));
}

/* Follows what the instruction does to RSP and RBP, as far as compilers' prologues go. */
static void follow_frame(struct frame *frame, const struct insn *insn)
{
	bool push = insn->map == 0 && insn->opcode >= 0x50 && insn->opcode <= 0x57;
	bool copies_rsp = insn->map == 0 && insn->mod == 3
	               && ((insn->opcode == 0x89 && insn->reg == 4 && insn->rm == 5)
	                   || (insn->opcode == 0x8b && insn->reg == 5 && insn->rm == 4));
	bool ends = insn->map == 0
	         && ((insn->opcode >= 0x58 && insn->opcode <= 0x5f) || insn->opcode == 0xc3
	             || insn->opcode == 0xc9 || insn->opcode == 0xc8);

	if (copies_rsp)
		*frame = (struct frame){ .known = true };
	else if (ends || writes_register(insn, INSN_RSP) || writes_register(insn, INSN_RBP))
		frame->known = false;
	else if (push)
		frame->below += 8;
}

/* True if the instruction touches memory below RSP, where the next interrupt writes. */
static bool uses_red_zone(const struct insn *insn, const struct frame *frame)
{
	if (!touches_memory(insn) || insn->displacement >= 0)
		return false;
	return insn->base == INSN_RSP
	    || (insn->base == INSN_RBP && frame->known
	        && (uint64_t) - (int64_t)insn->displacement > frame->below);
}

/* True for instructions on MMX or XMM registers without VEX (SDM volume 2, appendix A). */
static bool is_sse(const struct insn *insn)
{
	uint8_t op = insn->opcode;

	if (insn->vex)
		return false;
	switch (insn->map) {
	case 1:
		return (op >= 0x10 && op <= 0x17) || (op >= 0x28 && op <= 0x2f)
		    || (op >= 0x50 && op <= 0x76) || (op >= 0x7c && op <= 0x7f) || op == 0xc2
		    || (op >= 0xc4 && op <= 0xc6) || (op >= 0xd0 && op <= 0xfe);
	case 2:
		return op < 0x80 || (op >= 0xc8 && op <= 0xdf);
	default:
		return insn->map == 3;
	}
}

/* True for instructions on YMM, ZMM or mask registers, or on XMM registers with VEX; not for the
 * few with VEX on general registers. */
static bool is_avx(const struct insn *insn)
{
	bool general = (insn->map == 2 && insn->opcode >= 0xf2 && insn->opcode <= 0xf7)
	            || (insn->map == 3 && insn->opcode == 0xf0);

	return insn->vex && !general;
}

/* True if the instruction reads the guard of a stack protector, at FS:28h or GS:28h. */
static bool reads_canary(const struct insn *insn)
{
	return insn->segment != 0 && insn->memory && insn->base == INSN_NO_REGISTER
	    && insn->displacement == 0x28 && insn->map == 0 && insn->opcode == 0x8b;
}

/* Notes instructions that save the registers of SSE, or switch SSE or AVX on. */
static void note_skills(struct habits *habits, const struct insn *insn)
{
	if (insn->map != 1)
		return;
	if (insn->memory
	    && ((insn->opcode == 0xae && (insn->reg == 0 || insn->reg == 4 || insn->reg == 6))
	        || (insn->opcode == 0xc7 && (insn->reg == 4 || insn->reg == 5))))
		habits->saves_sse = true;
	if (insn->opcode == 0x22 && insn->reg == 4)
		habits->switches_sse = true;
	if (insn->opcode == 0x01 && insn->mod == 3 && insn->reg == 2 && insn->rm == 1)
		habits->switches_avx = true;
}

/* Decodes a function. At a byte that begins no instruction, it stops if the function has a symbol,
 * since the rest is data; otherwise it skips the byte. */
static void walk(struct habits *habits, const struct function *function)
{
	struct frame frame = { 0 };
	struct insn insn;

	for (uint64_t at = 0; at < function->code.size; at += insn.length) {
		if (!insn_read(function->code, at, &insn)) {
			if (function->name != NULL)
				return;
			insn.length = 1;
			frame.known = false;
			continue;
		}
		if (uses_red_zone(&insn, &frame))
			tally_add(&habits->red_zone, function, at);
		if (is_sse(&insn))
			tally_add(&habits->sse, function, at);
		if (is_avx(&insn))
			tally_add(&habits->avx, function, at);
		if (reads_canary(&insn))
			tally_add(&habits->protector, function, at);
		note_skills(habits, &insn);
		follow_frame(&frame, &insn);
	}
}

/* How many of the command lines that GCC has recorded in the debug strings lack -mno-red-zone.
 * Assemblers record none, and Clang records only its name. */
static unsigned units_with_red_zone(const struct sections *sections)
{
	struct elf_section_header section;
	struct span strings;
	unsigned units = 0;
	uint64_t length;

	if (!section_find(sections, ".debug_str", &section))
		return 0;
	strings = section_bytes(sections, &section);
	for (uint64_t at = 0; span_string(strings, at, &length); at += length + 1) {
		const char *string = (const char *)strings.bytes + at;

		if ((strncmp(string, "GNU C", 5) == 0 || strncmp(string, "GNU GIMPLE", 10) == 0)
		    && strstr(string, "-mno-red-zone") == NULL)
			units++;
	}
	return units;
}

static void warn_red_zone(const struct habits *habits, const struct sections *sections,
                          struct report *report)
{
	unsigned units = units_with_red_zone(sections);
	char buffer[200];

	if (habits->red_zone.instructions > 0)
		warn(report, DIAG_LINT_RED_ZONE, "below RSP: %s",
		     tally_words(&habits->red_zone, buffer, sizeof(buffer)));
	else if (units > 0)
		warn(report, DIAG_LINT_RED_ZONE,
		     "the debug data has %u command line%s of GCC without -mno-red-zone", units,
		     units == 1 ? "" : "s");
}

static void warn_sse(const struct habits *habits, bool on, struct report *report)
{
	char buffer[200];

	if (habits->sse.instructions == 0)
		return;
	tally_words(&habits->sse, buffer, sizeof(buffer));
	if (!on && !habits->switches_sse)
		warn(report, DIAG_LINT_SSE_OFF, "%s, but nothing writes to CR4", buffer);
	if (!habits->saves_sse)
		warn(report, DIAG_LINT_SSE, "%s, but no FXSAVE or XSAVE", buffer);
}

/* Turns what was found into warnings. */
static void warn_habits(const struct habits *habits, const struct plan *plan,
                        const struct sections *sections, const struct symbols *symbols)
{
	struct report *report = plan->report;
	struct elf_symbol symbol;
	char buffer[200];

	warn_red_zone(habits, sections, report);
	warn_sse(habits, (plan->entry.cr4 & CR4_OSFXSR) != 0, plan->report);
	if (habits->avx.instructions > 0 && !habits->switches_avx)
		warn(report, DIAG_LINT_AVX, "%s, but no XSETBV",
		     tally_words(&habits->avx, buffer, sizeof(buffer)));
	if (habits->protector.instructions > 0 && symbol_find(symbols, "__stack_chk_fail", &symbol))
		warn(report, DIAG_LINT_STACK_PROTECTOR, "%s",
		     tally_words(&habits->protector, buffer, sizeof(buffer)));
}

void lint_code(const struct plan *plan, const struct sections *sections,
               const struct symbols *symbols)
{
	struct functions functions = { 0 };
	struct habits habits = { 0 };

	functions_list(&functions, plan->kernel, sections, symbols);
	for (size_t i = 0; i < functions.count; i++)
		walk(&habits, &functions.list[i]);
	warn_habits(&habits, plan, sections, symbols);
	functions_free(&functions);
}
