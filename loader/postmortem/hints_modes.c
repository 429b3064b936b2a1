/* SPDX-License-Identifier: MIT */
/* hints_modes.c - compares modes, descriptors and selectors with what 64-bit code needs. */
#include "postmortem/hints_modes.h"

#include "postmortem/descriptor.h"
#include "postmortem/returns.h"

enum { OPCODE_FAR_JUMP = 0xea };

/* 32-bit code in long mode. Before the far jump into 64-bit code, that is normal. */
static void hint_narrow_code(const struct hint *hint)
{
	struct text text = hint_happened(hint);

	if (!hint->cpu->long_mode || hint->fault->code32 == 0
	    || (hint_is_fetch(hint) && (hint->fault->cs & 3) != 3)
	    || hint->event->vector != VECTOR_PAGE)
		return;
	text_add(&text, " It ran as 32-bit code: L, bit 53 of CS's descriptor (%#x), is 0.",
	         hint->fault->cs);
	hint_set_cause(hint, (hint->fault->cs & 3) == 3
	                             ? "If this is 64-bit code, the CPU decodes it wrongly. Only "
	                               "sysretq, or iretq with a selector of 64-bit code (L = 1, "
	                               "D = 0), returns to 64-bit code."
	                             : "If this is 64-bit code, the CPU decodes it wrongly. Its "
	                               "descriptor needs L = 1 and D = 0 (0x00af9a000000ffff), and "
	                               "only a far jump or a far return loads CS.");
}

/* Paging without long mode, although the kernel wants long mode. */
static void hint_long_mode_off(const struct hint *hint)
{
	const struct fault *fault = hint->fault;
	bool wanted = (fault->efer & IA32_EFER_LME) != 0;
	bool wide = (fault->cr4 & CR4_PAE) != 0;

	if (hint->cpu->long_mode)
		return;
	if (wanted && !wide)
		hint_set_cause(
			hint,
			"EFER.LME is 1 and CR4.PAE (bit 5) is 0: set PAE before CR0.PG. A CPU "
			"raises #GP when CR0.PG is set; QEMU does not.");
	else if (!wanted && wide && (fault->cr0 & CR0_PG) != 0)
		hint_set_cause(
			hint,
			"EFER.LME (bit 8 of MSR 0xc0000080) is 0, so long mode is off, and the CPU "
			"reads the tables at CR3 as PAE's, which have 3 levels. For 4 levels, "
			"set LME before CR0.PG.");
}

bool hint_pae_off(const struct hint *hint)
{
	const struct fault *fault = hint->fault;

	if (!hint->cpu->long_mode || (fault->cr4 & CR4_PAE) != 0)
		return false;
	explanation_replace(hint->explanation, "control-register",
	                    "CR4.PAE (bit 5) is 0 in long mode. A CPU raises #GP at the mov to CR4 "
	                    "that clears it; QEMU continues, and misreads the page tables.",
	                    "Set and clear single bits of CR4: read it, change them, write it "
	                    "back. A constant clears what the loader has set.");
	return true;
}

/* A far jump beyond the end of a segment; 64-bit code has no end. */
static void hint_far_jump(const struct hint *hint)
{
	const struct instruction *in = &hint->explanation->instruction;
	uint64_t descriptor;
	uint16_t selector;
	uint32_t target;
	struct text text;

	if (hint->event->vector != VECTOR_PROTECTION || hint->event->error != 0 || !in->known
	    || in->map != MAP_ONE_BYTE || in->opcode != OPCODE_FAR_JUMP || in->short_operands
	    || in->immediate + 6 > in->count)
		return;
	memcpy(&target, in->bytes + in->immediate, 4);
	memcpy(&selector, in->bytes + in->immediate + 4, 2);
	if (!descriptor_read(hint->cpu, selector, &descriptor)
	    || target <= descriptor_end(descriptor)
	    || (hint->cpu->long_mode && (descriptor & SEGMENT_CODE_64) != 0))
		return;
	text = text_in(hint->explanation->happened, sizeof(hint->explanation->happened));
	text_add(&text,
	         "The kernel made a far jump to %#x:%#x, beyond the end of that segment: it ends "
	         "at %#llx (%016llx), and is not 64-bit code, which has no end",
	         selector, target, ULL(descriptor_end(descriptor)), ULL(descriptor));
	text_add(&text, hint->cpu->long_mode ? ": L, bit 53, is 0." : ": long mode is off.");
	hint->explanation->kind = "segment-limit";
	if (hint->cpu->long_mode)
		hint_set_cause(hint, "A descriptor of 64-bit code has L = 1 and D = 0: "
		                     "0x00209a0000000000, or 0x00af9a000000ffff.");
	else
		hint_set_cause(hint,
		               "Long mode is active once CR4.PAE, EFER.LME and CR0.PG are set, in "
		               "this order.");
	hint_long_mode_off(hint);
}

/* True if a present segment of code or data stands there. */
static bool is_segment(const struct hint *hint, uint64_t selector)
{
	const uint64_t wanted = SEGMENT_CODE_OR_DATA | SEGMENT_PRESENT;
	uint64_t descriptor;

	return descriptor_read(hint->cpu, selector, &descriptor) && (descriptor & wanted) == wanted;
}

/* iret to another ring by a selector of the wrong one. */
static void hint_iret(const struct hint *hint)
{
	const struct instruction *in = &hint->explanation->instruction;
	uint64_t cs, ss, descriptor;
	uint64_t wrong = hint->event->error & 0xfffc;
	struct text text = hint_happened(hint);

	if ((hint->event->vector != VECTOR_PROTECTION && hint->event->vector != VECTOR_NOT_PRESENT)
	    || wrong == 0 || !instruction_is_iret(in) || !look_stack(&hint->cpu->look, 1, &cs)
	    || !look_stack(&hint->cpu->look, 4, &ss))
		return;
	if ((cs & 3) == 3 && !is_segment(hint, wrong)) {
		hint_set_cause(hint,
		               "The GDT has no such segment for user mode. If the program was "
		               "entered by sysret: sysret takes CS from bits 48 to 63 of STAR (MSR "
		               "0xc0000081) plus 16 and SS from there plus 8, and reads no "
		               "descriptor; the next iretq does.");
		return;
	}
	if (!descriptor_read(hint->cpu, wrong, &descriptor))
		return;
	if ((cs & 0xfffc) == wrong && (cs & 3) != descriptor_level(descriptor))
		text_add(&text, " Its DPL is %u, and CS (%#llx) has RPL %u.",
		         descriptor_level(descriptor), ULL(cs), (unsigned)cs & 3);
	else if ((ss & 0xfffc) == wrong
	         && ((ss & 3) != (cs & 3) || descriptor_level(descriptor) != (cs & 3)))
		text_add(&text,
		         " SS (%#llx) has RPL %u and its descriptor DPL %u, and CS (%#llx) is of "
		         "ring %u.",
		         ULL(ss), (unsigned)ss & 3, descriptor_level(descriptor), ULL(cs),
		         (unsigned)cs & 3);
	else
		return;
	hint_set_cause(
		hint,
		"For iretq to user mode, the selectors for CS and SS must have RPL 3, and their "
		"descriptors DPL 3: with user code at 0x20 of the GDT, CS is 0x23.");
}

void hints_on_modes(const struct hint *hint)
{
	if (hint->event->vector == VECTOR_PAGE)
		hint_long_mode_off(hint);
	hint_narrow_code(hint);
	hint_far_jump(hint);
	hint_iret(hint);
}
