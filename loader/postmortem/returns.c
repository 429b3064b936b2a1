/* SPDX-License-Identifier: MIT */
/* returns.c - examines the words that iret finds at RSP, and those that a ret has left there. */
#include "postmortem/returns.h"

#include "postmortem/frames.h"

enum {
	REX_W = 8,
	WORDS = 5,          /* of a frame */
	ALIGNMENT = 16,     /* of the stack that a frame is pushed on */
	ERRORS_END = 0x8000 /* no error code is larger */
};

static const char handler_ret[] = "handler-ret";

void explanation_replace(struct explanation *explanation, const char *kind, const char *happened,
                         const char *cause)
{
	struct text text = text_in(explanation->happened, sizeof(explanation->happened));

	text_add(&text, "%s", happened);
	text = text_in(explanation->cause, sizeof(explanation->cause));
	text_add(&text, "%s", cause);
	explanation->kind = kind;
}

/* An iret whose frame begins one word after RSP, or one word before it. */
static bool explain_iret(const struct fault *fault, const uint64_t words[WORDS],
                         struct explanation *explanation)
{
	if (!frames_code_selector(fault, words[1]) && frames_code_selector(fault, words[2])
	    && frames_flags(words[3]))
		explanation_replace(
			explanation, "error-code-left",
			"iret took its frame one word too early: an error code is still at RSP, "
			"or a register that was pushed but not popped; the frame begins after it.",
			"Exceptions 8, 10 to 14, 17, 21, 29 and 30 push an error code, which the "
			"handler must remove before iretq (add rsp, 8).");
	else if (!frames_code_selector(fault, words[1]) && frames_code_selector(fault, words[0])
	         && frames_flags(words[1]) && !frames_flags(words[2]))
		explanation_replace(
			explanation, "error-code-missing",
			"iret took its frame one word too late: the saved CS is at RSP, and the "
			"frame began before it.",
			"The handler removed an error code from the stack where the CPU pushes "
			"none: only exceptions 8, 10 to 14, 17, 21, 29 and 30 have one. A hardware "
			"interrupt has none, even if a PIC that still has the BIOS's vectors "
			"delivers it as vector 8 to 15. Or the handler popped more than it had "
			"pushed.");
	else
		return false;
	return true;
}

/* An iret of 32-bit words in 64-bit code. */
static bool explain_short_iret(const struct fault *fault, const uint64_t words[WORDS],
                               struct explanation *explanation)
{
	if (fault->code32 != 0 || (explanation->instruction.rex & REX_W) != 0
	    || !frames_code_selector(fault, words[1]) || !frames_flags(words[2]))
		return false;
	explanation_replace(explanation, "iret-short",
	                    "iret without q took its frame in words of 4 bytes, but the CPU had "
	                    "pushed words of 8 bytes.",
	                    "In 64-bit code a handler ends with iretq.");
	return true;
}

/* What is left of a frame of which ret has taken the first word: CS, RFLAGS, RSP, SS; or, if there
 * was an error code, all of it, and RIP is the error code. */
static bool explain_ret(const struct fault *fault, const uint64_t words[WORDS],
                        struct explanation *explanation)
{
	bool with_error = fault->rip < ERRORS_END && frames_code_selector(fault, words[1]);
	unsigned first = with_error ? 1 : 0;
	uint64_t end = fault->registers[RSP] + (with_error ? 40 : 32);
	char happened[EXPLAIN_TEXT];
	struct text text;

	if (!frames_code_selector(fault, words[first]) || !frames_flags(words[first + 1])
	    || (words[first + 2] & ~(uint64_t)(ALIGNMENT - 1)) != end
	    || words[first + 3] > UINT16_MAX)
		return false;
	text = text_in(happened, sizeof(happened));
	if (with_error)
		text_add(&text, "A handler ended with ret, which took the error code for the "
		                "address to return to: the frame of the exception still lies at "
		                "RSP.");
	else
		text_add(&text,
		         "%s%sA handler ended with ret, which takes RIP alone: CS, RFLAGS, RSP and "
		         "SS of what it had interrupted still lie at RSP.",
		         explanation->happened, explanation->happened[0] != 0 ? " " : "");
	explanation_replace(
		explanation, handler_ret, happened,
		"A handler must end with iretq, after an error code was removed. A C function is "
		"not a handler by itself: it needs __attribute__((interrupt)), or a stub in "
		"assembly "
		"that saves the registers, calls it and ends with iretq.");
	return true;
}

bool returns_is_ret(const struct explanation *explanation)
{
	return explanation->kind == handler_ret;
}

bool returns_explain(const struct cpu_state *cpu, struct explanation *explanation)
{
	const struct fault *fault = cpu->look.fault;
	const struct instruction *in = &explanation->instruction;
	uint64_t words[WORDS];

	for (unsigned i = 0; i < COUNT(words); i++) {
		if (!look_stack(&cpu->look, i, &words[i]))
			return false;
	}
	if (in->known && in->map == MAP_ONE_BYTE && in->opcode == OPCODE_IRET)
		return explain_short_iret(fault, words, explanation)
		    || explain_iret(fault, words, explanation);
	return cpu->long_mode && fault->code32 == 0 && explain_ret(fault, words, explanation);
}
