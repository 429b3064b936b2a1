/* SPDX-License-Identifier: MIT */
/* frames.c - searches a stack, word by word, for frames. */
#include "postmortem/frames.h"

enum {
	NARROW_WORDS = 256, /* of the stack of 32-bit code */
	FRAME_SIZE = 40,
	USER_SELECTORS = 0x100 /* no GDT of that many entries is meant by a small number */
};

bool frames_flags(uint64_t word)
{
	return (word & RFLAGS_FIXED) != 0 && (word & RFLAGS_ZERO) == 0 && word >> 22 == 0;
}

bool frames_code_selector(const struct fault *fault, uint64_t word)
{
	return word == fault->cs || (word > 3 && word < USER_SELECTORS && (word & 3) == 3);
}

/* True if a frame that ends at `end` can have been pushed when the stack was at `rsp`: there, or on
 * a stack from the TSS. */
static bool is_pushed_from(const struct cpu_state *cpu, const struct interrupted *frame)
{
	uint64_t end = frame->at + FRAME_SIZE, stack;
	bool user = (frame->cs & 3) != 0;

	if (!user && (frame->rsp & ~(uint64_t)(FRAME_ALIGNMENT - 1)) == end)
		return true;
	for (unsigned number = user ? 0 : 1; number < TSS_STACKS; number++) {
		if (tss_stack(cpu, number, &stack)
		    && (stack & ~(uint64_t)(FRAME_ALIGNMENT - 1)) == end)
			return true;
	}
	return false;
}

static bool is_frame(const struct cpu_state *cpu, uint64_t at, struct interrupted *frame)
{
	uint64_t words[FRAME_SIZE / 8];

	if (look_read(&cpu->look, at, words, sizeof(words)) != sizeof(words))
		return false;
	*frame = (struct interrupted){ at, words[0], words[1], words[2], words[3], words[4] };
	return frames_code_selector(cpu->look.fault, frame->cs) && frames_flags(frame->rflags)
	    && frame->ss <= UINT16_MAX && is_pushed_from(cpu, frame);
}

/* Counts a frame, further out than those before. */
static void count(struct nesting *nesting, const struct interrupted *frame)
{
	if (nesting->count++ == 0)
		nesting->inner = *frame;
	if (frame->rip == nesting->inner.rip) {
		nesting->repeated = *frame;
		nesting->repeats++;
	}
	nesting->outer = *frame;
}

/* The last frame on the stack of 32-bit code; it is recognised only by CS, between an address in
 * the kernel's code and flags. */
static void read_narrow(const struct cpu_state *cpu, struct nesting *nesting)
{
	for (unsigned i = 0; i < NARROW_WORDS && nesting->count == 0; i++) {
		struct fault_info_segment segment;
		struct interrupted frame = { .at = cpu->look.fault->registers[RSP] + 4 * i };

		if (look_stack(&cpu->look, i, &frame.rip)
		    && look_stack(&cpu->look, i + 1, &frame.cs)
		    && look_stack(&cpu->look, i + 2, &frame.rflags)
		    && frame.cs == cpu->look.fault->cs && frames_flags(frame.rflags)
		    && look_segment(&cpu->look, frame.rip, &segment)) {
			frame.rsp = frame.at + 12;
			count(nesting, &frame);
		}
	}
}

void frames_read(const struct cpu_state *cpu, unsigned words, struct nesting *nesting)
{
	uint64_t at = (cpu->look.fault->registers[RSP] + 7) & ~UINT64_C(7);

	*nesting = (struct nesting){ .count = 0 };
	if (!cpu->long_mode || cpu->look.fault->code32 != 0) {
		read_narrow(cpu, nesting);
		return;
	}
	if (!look_up(&cpu->look, at).mapped)
		at = page_up(at); /* RSP has gone beyond the end */
	for (unsigned i = 0; i < words; i++) {
		struct interrupted frame;

		if (is_frame(cpu, at, &frame)) {
			count(nesting, &frame);
			if ((frame.cs & 3) != 0)
				return; /* the frame of interrupted user mode is the outermost */
			at = frame.rsp;
		} else if (look_up(&cpu->look, at).mapped) {
			at += 8;
		} else {
			return;
		}
	}
}
