/* SPDX-License-Identifier: MIT */
/*
 * selectors.c - explains an error code that names a selector: what it was for, and what stands in
 * the GDT (Intel SDM volume 3A, 3.4.5, 8.2.3; volume 2A, LTR).
 */
#include "explain/selectors.h"

/* What a descriptor is, in a word or two (SDM volume 3A, 3.4.5). */
static const char *descriptor_name(uint64_t descriptor)
{
	unsigned type = (unsigned)(descriptor >> 40) & 31;

	if (descriptor == 0)
		return "empty";
	if ((descriptor & SEGMENT_PRESENT) == 0)
		return "not present (bit 47 is 0)";
	if ((descriptor & SEGMENT_CODE_OR_DATA) != 0 && (descriptor & SEGMENT_CODE) != 0)
		return (descriptor & SEGMENT_CODE_64) != 0 ? "64-bit code"
		     : (descriptor & SEGMENT_CODE_32) != 0 ? "32-bit code"
		                                           : "16-bit code";
	if ((descriptor & SEGMENT_CODE_OR_DATA) != 0)
		return (descriptor & SEGMENT_WRITABLE) != 0 ? "writable data" : "read-only data";
	switch (type) {
	case 2:
		return "an LDT";
	case 9:
		return "an available TSS";
	case 11:
		return "a busy TSS";
	default:
		return "a system descriptor";
	}
}

/* What the instruction wanted the selector for. */
static const char *selector_purpose(const struct words *words)
{
	static const char segments[6][3] = { "ES", "CS", "SS", "DS", "FS", "GS" };
	const struct instruction *in = &words->in;
	unsigned field = instruction_field(in) & 7;
	uint64_t cs; /* of iretq's frame */

	if (in->map == MAP_ONE_BYTE && in->opcode == 0x8e && field < 6)
		return segments[field];
	if (in->map == MAP_ONE_BYTE && (in->opcode == 0xca || in->opcode == 0xcb))
		return "CS (far return)";
	if (instruction_is_iret(in)) {
		look_stack(words->look, 1, &cs);
		return ((cs & 0xffff) ^ words->fault->error) >> 3 == 0 ? "CS (iretq)"
		                                                       : "SS (iretq)";
	}
	if (in->map == MAP_ONE_BYTE
	    && ((in->opcode == 0xff && (field == 3 || field == 5)) || in->opcode == 0xea
	        || in->opcode == 0x9a))
		return "CS (far jump or call)";
	if (in->map == MAP_0F && (in->opcode & 0xf7) == 0xa1)
		return in->opcode == 0xa1 ? "FS" : "GS";
	if (in->map == MAP_0F && (in->opcode == 0xb2 || (in->opcode & 0xfe) == 0xb4)) /* lss */
		return segments[in->opcode == 0xb2 ? 2 : in->opcode & 7];
	if (in->map == MAP_0F && in->opcode == 0x00)
		return field == 3 ? "TR (ltr)" : "LDTR (lldt)";
	return "a segment register";
}

/* True if the instruction is ltr, which wants a descriptor of 16 bytes in long mode. */
static bool is_ltr(const struct instruction *in)
{
	return instruction_is_member(in, MAP_0F, 0x00, 3);
}

/* The second 8 bytes of a TSS's descriptor, whose bits 8 to 12 of the upper half must be 0. */
static void words_second_half(struct words *words, uint64_t offset, uint64_t descriptor)
{
	const struct fault *fault = words->fault;
	uint64_t half;

	if (!is_ltr(&words->in) || fault->long_mode_off != 0
	    || (descriptor >> 40 & 0x9f) != DESCRIPTOR_TYPE_TSS)
		return;
	if (offset + 15 > fault->gdt.limit)
		text_add(&words->happened,
		         " In long mode it has 16 bytes, and the GDT ends after 8 of them.");
	else if (look_read(words->look, fault->gdt.base + offset + 8, &half, 8) == 8)
		text_add(&words->happened,
		         " In long mode it has 16 bytes, and bits 40 to 44 of the second 8 must be "
		         "0: they are %016llx.",
		         ULL(half));
}

/* The usual cause. */
static void words_selector_cause(struct words *words, bool ours)
{
	if (is_ltr(&words->in))
		text_add(&words->cause,
		         "ltr takes the selector of an available TSS (type 9) and makes it busy, "
		         "so execute it once for each TSS. In long mode its descriptor takes two "
		         "entries of the GDT: the second has bits 32 to 63 of the base.");
	else if (words->in.map == MAP_0F && words->in.opcode == 0x00)
		text_add(&words->cause, "lldt takes 0, or the selector of an LDT (type 2).");
	else if (ours)
		text_add(&words->cause,
		         "A selector that was made for another GDT. The kernel began with %#x in "
		         "CS and %#x in SS; load your own GDT with lgdt.",
		         (unsigned)words->marks->cs, (unsigned)words->marks->ss);
	else
		text_add(&words->cause,
		         "A stale selector: after lgdt, load CS with a far return and SS, DS, ES, "
		         "FS, GS with selectors that the new GDT has. iretq reloads the SS of the "
		         "interrupted code.");
}

/* Which GDT, and what stands in the entry. */
void words_selector(struct words *words)
{
	const struct fault *fault = words->fault;
	uint64_t offset = fault->error & 0xfff8;
	bool ours = fault_range_has(words->marks->resident, fault->gdt.base);
	uint64_t descriptor = 0;

	words->kind = "selector-missing";
	text_add(&words->happened, "%s tried to load selector %#llx into %s. ", words_who(words),
	         ULL(offset | (fault->error & SELECTOR_LDT)), selector_purpose(words));
	if ((fault->error & SELECTOR_LDT) != 0) {
		text_add(&words->happened, fault->ldt == 0
		                                   ? "It refers to an LDT, and none is loaded."
		                                   : "Bit 2 makes it one of the LDT, which has no "
		                                     "such segment.");
	} else if (offset + 7 > fault->gdt.limit) {
		text_add(&words->happened,
		         "%s GDT ends before that: its limit is %#x, so that it has %u entries.",
		         ours ? "Longjump's" : "The kernel's", fault->gdt.limit,
		         (fault->gdt.limit + 1u) / 8);
	} else if (look_read(words->look, fault->gdt.base + offset, &descriptor, 8) != 8) {
		text_add(&words->happened, "The GDT at %#llx cannot be read: it is not mapped.",
		         ULL(fault->gdt.base));
	} else {
		words->kind = "selector-wrong";
		text_add(&words->happened, "In %s GDT (at %#llx) that entry is %s: %016llx.",
		         ours ? "Longjump's" : "the kernel's", ULL(fault->gdt.base),
		         descriptor_name(descriptor), ULL(descriptor));
		words_second_half(words, offset, descriptor);
	}
	words_selector_cause(words, ours);
}
