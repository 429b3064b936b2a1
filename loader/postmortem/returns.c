/* SPDX-License-Identifier: MIT */
/* returns.c - examines the words that iret finds at RSP, and those that a ret has left there. */
#include "postmortem/returns.h"

#include "postmortem/descriptor.h"
#include "postmortem/frames.h"

enum {
	OPCODE_RET_FAR = 0xcb,
	WORDS = 5,          /* of a frame */
	FAR_WORDS = 2,      /* that a far return takes */
	ERRORS_END = 0x8000 /* no error code is larger */
};

static const char handler_ret[] = "handler-ret";
static const char late[] = "error-code-missing";
static const char frame_cause[] =
	"From RSP upward a frame has RIP, CS, RFLAGS, RSP, SS: push SS first, and RIP last.";

/* True if it is the selector of a segment that has this of SEGMENT_CODE. */
static bool is_selector(const struct cpu_state *cpu, uint64_t selector, uint64_t code)
{
	uint64_t descriptor;

	return descriptor_read(cpu, selector, &descriptor)
	    && (descriptor & (SEGMENT_CODE_OR_DATA | SEGMENT_CODE))
	               == (SEGMENT_CODE_OR_DATA | code);
}

static bool is_code_selector(const struct cpu_state *cpu, uint64_t selector)
{
	return is_selector(cpu, selector, SEGMENT_CODE);
}

static bool is_data_selector(const struct cpu_state *cpu, uint64_t selector)
{
	return is_selector(cpu, selector, 0);
}

/* True if something can be executed there: the kernel or a program. */
static bool is_code(const struct cpu_state *cpu, uint64_t address)
{
	struct page page = cpu_look_up(cpu, address);

	return address >= PAGE_SIZE && page.mapped && page.execute;
}

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
			explanation, late,
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

/* An iret or a far return of 32-bit words in 64-bit code. */
static bool explain_short(const struct cpu_state *cpu, const uint64_t words[WORDS],
                          struct explanation *explanation)
{
	const struct fault *fault = cpu->look.fault;
	bool is_iret = instruction_is_iret(&explanation->instruction);

	if (fault->code32 != 0 || (explanation->instruction.rex & REX_W) != 0
	    || (is_iret ? !frames_code_selector(fault, words[1]) || !frames_flags(words[2])
	                : !is_code_selector(cpu, words[1]) || !is_code(cpu, words[0])))
		return false;
	explanation_replace(explanation, "iret-short",
	                    is_iret ? "iret without q took its frame in words of 4 bytes, but the "
	                              "CPU had pushed words of 8 bytes."
	                            : "A far return without q took words of 4 bytes off the stack, "
	                              "where words of 8 bytes lie.",
	                    is_iret ? "In 64-bit code a handler ends with iretq."
	                            : "In 64-bit code it is retfq (lretq), with a prefix of 0x48.");
	return true;
}

/* Words that a kernel has pushed itself, in an order that is not the CPU's. */
static bool explain_order(const struct cpu_state *cpu, const uint64_t words[WORDS],
                          struct explanation *explanation)
{
	bool is_iret = instruction_is_iret(&explanation->instruction);
	const char *happened = NULL;

	if (is_iret && (words[0] | words[1] | words[2] | words[3] | words[4]) == 0)
		happened =
			"iret found a frame of zeros: RSP leads to memory that was never filled.";
	else if (is_code_selector(cpu, words[0]) && is_code(cpu, words[1])
	         && (!is_iret || frames_flags(words[2])))
		happened = "CS lies at RSP, and RIP above it: they are swapped.";
	else if (!is_iret)
		return false;
	else if (words[0] <= UINT16_MAX && frames_flags(words[2]) && is_code_selector(cpu, words[3])
	         && is_code(cpu, words[4]))
		happened = "iret found its words in the reverse order: SS lies at RSP, and RIP "
			   "at the top.";
	else if (is_code(cpu, words[0]) && is_code_selector(cpu, words[1])
	         && !frames_flags(words[2]) && is_data_selector(cpu, words[3]))
		happened = "iret found RSP and SS right above CS: RFLAGS is missing in its frame.";
	else if (is_code(cpu, words[0]) && is_data_selector(cpu, words[1]) && frames_flags(words[2])
	         && is_code_selector(cpu, words[4]))
		happened = "iret found a data selector for CS and a code selector for SS: they "
			   "are swapped.";
	if (happened == NULL)
		return false;
	explanation_replace(explanation, "frame-order", happened,
	                    is_iret ? frame_cause
	                            : "A far return takes RIP first, then CS: push CS first.");
	return true;
}

/* A word where CS should be that is no selector. */
static bool explain_no_frame(const struct cpu_state *cpu, const uint64_t words[WORDS],
                             struct explanation *explanation)
{
	char happened[EXPLAIN_TEXT];
	struct text text = text_in(happened, sizeof(happened));

	if (!cpu->long_mode || (explanation->instruction.rex & REX_W) == 0
	    || words[1] <= UINT16_MAX)
		return false;
	text_add(&text,
	         "iret found %#llx where CS should be, which is not a selector: there is no frame "
	         "at RSP.",
	         ULL(words[1]));
	explanation_replace(explanation, "frame-order", happened, frame_cause);
	return true;
}

/* In protected mode, a frame in the same ring has three words: CS and EFLAGS are left. Two of them
 * on each other, since ret has gone back to what was interrupted, are no chance. */
static bool explain_narrow_ret(const struct fault *fault, const uint64_t words[WORDS],
                               struct explanation *explanation)
{
	if (words[0] != fault->cs || !frames_flags(words[1]) || words[2] != fault->cs
	    || !frames_flags(words[3]))
		return false;
	explanation_replace(explanation, handler_ret,
	                    "A handler ended with ret, which takes EIP alone: CS and EFLAGS of "
	                    "what it had interrupted still lie at ESP, again and again.",
	                    "A handler ends with iret, after removing any error code. A C "
	                    "function is not a handler by itself: it needs "
	                    "__attribute__((interrupt)), or a stub in assembly that saves the "
	                    "registers, calls it and ends with iret.");
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
	    || (words[first + 2] & ~(uint64_t)(FRAME_ALIGNMENT - 1)) != end
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
		"A handler must end with iretq, after removing any error code. A C function is "
		"not a handler by itself: it needs __attribute__((interrupt)), or a stub in "
		"assembly "
		"that saves the registers, calls it and ends with iretq.");
	return true;
}

bool returns_is_late(const struct explanation *explanation)
{
	return explanation->kind == late;
}

bool returns_is_ret(const struct explanation *explanation)
{
	return explanation->kind == handler_ret;
}

bool returns_explain(const struct cpu_state *cpu, struct explanation *explanation)
{
	const struct fault *fault = cpu->look.fault;
	const struct instruction *in = &explanation->instruction;
	bool is_far = in->map == MAP_ONE_BYTE && in->opcode == OPCODE_RET_FAR;
	bool is_return = is_far || instruction_is_iret(in);
	uint64_t words[WORDS] = { 0 };

	for (unsigned i = 0; i < COUNT(words); i++) {
		if (!look_stack(&cpu->look, i, &words[i]) && !(is_far && i >= FAR_WORDS))
			return false;
	}
	if (is_return)
		return explain_short(cpu, words, explanation)
		    || explain_order(cpu, words, explanation)
		    || (!is_far
		        && (explain_iret(fault, words, explanation)
		            || explain_no_frame(cpu, words, explanation)));
	if (!cpu->long_mode)
		return explain_narrow_ret(fault, words, explanation);
	return fault->code32 == 0 && explain_ret(fault, words, explanation);
}
