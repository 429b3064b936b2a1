/* SPDX-License-Identifier: MIT */
/*
 * lint_strict.c - looks for instructions that every CPU refuses, but an emulator executes.
 * Considers only operands that are constant on every path to the instruction.
 *
 * Sources: Intel SDM volume 2A, LTR, MOV to control registers; volume 3A, 2.5; volume 4, chapter 2.
 * AMD APM volume 2, 3.1 and appendix A.
 */
#include "platform/host/lint_strict.h"

#include "platform/host/functions.h"
#include "platform/host/values.h"
#include "x86/registers.h"

#include <stdlib.h>

enum { RAX_NUMBER = 0, RCX_NUMBER = 1, RDX_NUMBER = 2, SELECTOR_BITS = 0xfffc };

/* The ranges of model-specific registers: outside these, the manuals describe none. */
static const struct {
	uint32_t first, last;
} msrs[] = {
	{ 0, 0x1fff },                /* Intel's; AMD has some of them */
	{ 0x40000000, 0x4fffffff },   /* for hypervisors: Hyper-V, KVM */
	{ 0x80860000, 0x8086ffff },   /* Transmeta */
	{ IA32_EFER, IA32_EFER + 4 }, /* EFER, STAR, LSTAR, CSTAR, SFMASK */
	{ 0xc00000e7, 0xc00005ff }, /* FS, GS, KERNEL_GS_BASE, TSC_AUX, AMD's performance and QoS */
	{ 0xc0000c00, 0xc0000fff }, /* AMD's allocation of caches */
	{ 0xc0002000, 0xc00023ff }, /* AMD's machine check */
	{ 0xc0010000, 0xc001ffff }, /* AMD's */
};

/* What is found. */
struct findings {
	struct tally null_ltr, msr, reserved, paging;
	uint32_t first_msr;
	const char *first_register; /* that gets reserved bits */
	uint64_t first_bits;
};

/* The state of a walk through a function. */
struct walk {
	const struct function *function;
	struct values values;
	uint8_t *targets;   /* one byte for each byte of the function: 1 if a jump goes there */
	bool may_be_narrow; /* it may be 32-bit code */
	bool is_wide;       /* something shows that it is 64-bit code, and nothing changes that */
};

/* A jump or call whose immediate is the distance to where it goes. */
static bool is_jump(const struct insn *insn)
{
	if (insn->map == 1)
		return (insn->opcode & 0xf0) == 0x80;
	return insn->map == 0
	    && ((insn->opcode & 0xf0) == 0x70 || (insn->opcode & 0xfc) == 0xe0
	        || insn->opcode == 0xe8 || insn->opcode == 0xe9 || insn->opcode == 0xeb);
}

/* True if it jumps to a computed address, which may be anywhere in the function. */
static bool is_computed_jump(const struct insn *insn)
{
	return insn->map == 0 && insn->opcode == 0xff && insn->reg == 4;
}

/* True if it can change the mode: far jumps, calls and returns. */
static bool is_far(const struct insn *insn)
{
	uint8_t opcode = insn->opcode;

	return insn->map == 0
	    && (opcode == 0xca || opcode == 0xcb || opcode == 0xcf
	        || (opcode == 0xff && (insn->reg == 3 || insn->reg == 5)));
}

/* Notes the targets of the function's jumps, and its mode. False if it has jumps that may go
 * anywhere. */
static bool survey(struct walk *walk)
{
	struct span code = walk->function->code;
	bool far = false;
	struct insn insn;

	for (uint64_t at = 0; at < code.size; at += insn.length) {
		uint64_t to;

		if (!insn_read(code, at, &insn)) {
			insn.length = 1;
			continue;
		}
		if (is_computed_jump(&insn))
			return false;
		to = at + insn.length + (uint64_t)insn.immediate;
		if (is_jump(&insn) && to < code.size)
			walk->targets[to] = 1;
		far = far || is_far(&insn);
		walk->is_wide |= !insn.vex && (insn.rex & REX_W) != 0;
	}
	walk->is_wide = walk->is_wide && !far;
	return true;
}

static bool is_documented(uint32_t msr)
{
	for (size_t i = 0; i < COUNT(msrs); i++) {
		if (msr >= msrs[i].first && msr <= msrs[i].last)
			return true;
	}
	return false;
}

/* Notes that bits are set in a register that must be 0. */
static void note_reserved(struct findings *findings, const struct walk *walk, uint64_t at,
                          const char *name, uint64_t bits)
{
	if (bits == 0)
		return;
	if (findings->reserved.instructions == 0) {
		findings->first_register = name;
		findings->first_bits = bits;
	}
	tally_add(&findings->reserved, walk->function, at);
}

/* rdmsr and wrmsr of registers that do not exist, and EFER's reserved bits. */
static void look_at_msr(struct findings *findings, const struct walk *walk, uint64_t at, bool write)
{
	const struct value *values = walk->values.list;
	uint32_t msr = (uint32_t)values[RCX_NUMBER].ones;

	if ((uint32_t)values[RCX_NUMBER].zeros != (uint32_t)~msr)
		return;
	if (!is_documented(msr)) {
		if (findings->msr.instructions == 0)
			findings->first_msr = msr;
		tally_add(&findings->msr, walk->function, at);
	}
	if (write && msr == IA32_EFER)
		note_reserved(
			findings, walk, at, "EFER",
			((values[RAX_NUMBER].ones & UINT32_MAX) | values[RDX_NUMBER].ones << 32)
				& ~(uint64_t)IA32_EFER_DEFINED);
}

/* Moves to CR0 and CR4. */
static void look_at_control(struct findings *findings, const struct walk *walk, uint64_t at,
                            const struct insn *insn)
{
	const struct value *value = &walk->values.list[values_rm(insn)];
	bool wide = value->wide || (walk->is_wide && !walk->may_be_narrow);

	if (insn->reg == 4)
		note_reserved(findings, walk, at, "CR4", value->ones & ~(uint64_t)CR4_DEFINED);
	if (insn->reg == 0)
		note_reserved(findings, walk, at, "CR0", value->ones & ~UINT64_C(0xffffffff));
	if (wide && insn->reg == 0 && (value->zeros & CR0_PG) != 0)
		tally_add(&findings->paging, walk->function, at);
}

static void look_at(struct findings *findings, const struct walk *walk, uint64_t at,
                    const struct insn *insn)
{
	uint64_t zeros;

	if (insn->map != 1 || insn->vex)
		return;
	zeros = walk->values.list[values_rm(insn)].zeros;
	if (insn->opcode == 0x00 && insn->reg == 3 && insn->mod == 3
	    && (zeros & SELECTOR_BITS) == SELECTOR_BITS)
		tally_add(&findings->null_ltr, walk->function, at);
	if (insn->opcode == 0x30 || insn->opcode == 0x32)
		look_at_msr(findings, walk, at, insn->opcode == 0x30);
	if (insn->opcode == 0x22 && (insn->rex & 4) == 0)
		look_at_control(findings, walk, at, insn);
}

static void walk_through(struct findings *findings, struct walk *walk)
{
	struct insn insn;

	values_forget(&walk->values);
	for (uint64_t at = 0; at < walk->function->code.size; at += insn.length) {
		if (walk->targets[at] != 0)
			values_forget(&walk->values);
		if (!insn_read(walk->function->code, at, &insn)) {
			insn.length = 1;
			values_forget(&walk->values);
			continue;
		}
		look_at(findings, walk, at, &insn);
		values_follow(&walk->values, &insn);
	}
}

static void warn_findings(const struct findings *findings, struct report *report)
{
	char buffer[200];

	if (findings->null_ltr.instructions > 0)
		warn(report, DIAG_LINT_NULL_TSS, "%s",
		     tally_words(&findings->null_ltr, buffer, sizeof(buffer)));
	if (findings->msr.instructions > 0)
		warn(report, DIAG_LINT_MSR, "%#x: %s", findings->first_msr,
		     tally_words(&findings->msr, buffer, sizeof(buffer)));
	if (findings->reserved.instructions > 0)
		warn(report, DIAG_LINT_RESERVED, "%s gets %#llx: %s", findings->first_register,
		     ULL(findings->first_bits),
		     tally_words(&findings->reserved, buffer, sizeof(buffer)));
	if (findings->paging.instructions > 0)
		warn(report, DIAG_LINT_PAGING_OFF, "%s",
		     tally_words(&findings->paging, buffer, sizeof(buffer)));
}

void lint_strict(const struct plan *plan, const struct sections *sections,
                 const struct symbols *symbols)
{
	struct findings findings = { 0 };
	struct functions functions;

	functions_list(&functions, plan->kernel, sections, symbols);
	functions_add_labels(&functions, plan->kernel, symbols);
	for (size_t i = 0; i < functions.count; i++) {
		const struct function *function = &functions.list[i];
		struct walk walk = {
			.function = function,
			.targets = calloc(function->code.size, 1),
			.may_be_narrow = (plan->entry.flags & LAUNCH_PROTECTED_MODE) != 0,
		};

		if (walk.targets != NULL && survey(&walk))
			walk_through(&findings, &walk);
		free(walk.targets);
	}
	warn_findings(&findings, plan->report);
	functions_free(&functions);
}
