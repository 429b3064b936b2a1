/* SPDX-License-Identifier: MIT */
/* story.c - puts the first exception, its handler and what followed together. */
#include "postmortem/story.h"

#include "explain/frame.h"
#include "postmortem/reasons.h"

enum {
	OPCODE_IRET = 0xcf,
	FLAG_ALWAYS = 2,
	USER_SELECTORS = 0x100 /* no GDT of that many entries is meant by a small number */
};

/* ---- what came first ---- */

/* Replaces what explain() has said. */
static void say(struct explanation *explanation, const char *kind, const char *happened,
                const char *cause)
{
	struct text text = text_in(explanation->happened, sizeof(explanation->happened));

	text_add(&text, "%s", happened);
	text = text_in(explanation->cause, sizeof(explanation->cause));
	text_add(&text, "%s", cause);
	explanation->kind = kind;
}

static bool is_flags(uint64_t word)
{
	return (word & FLAG_ALWAYS) != 0 && word >> 22 == 0;
}

/* True if the word can be the CS of a frame: the one that is in use, or one of ring 3. */
static bool is_code_selector(const struct fault *fault, uint64_t word)
{
	return word == fault->cs || (word > 3 && word < USER_SELECTORS && (word & 3) == 3);
}

/* An iret whose frame begins one word further, or has begun one word before. */
static void explain_iret(const struct look *look, struct explanation *explanation)
{
	const struct fault *fault = look->fault;
	const struct instruction *in = &explanation->instruction;
	uint64_t words[4];

	if (in->map != MAP_ONE_BYTE || in->opcode != OPCODE_IRET)
		return;
	for (unsigned i = 0; i < COUNT(words); i++) {
		if (!look_stack(look, i, &words[i]))
			return;
	}
	if (!is_code_selector(fault, words[1]) && is_code_selector(fault, words[2])
	    && is_flags(words[3]))
		say(explanation, "error-code-left",
		    "iret took its frame one word too early: an error code still lies at RSP, and "
		    "the frame begins after it.",
		    "Exceptions 8, 10 to 14, 17, 21, 29 and 30 push an error code, which the "
		    "handler has to remove before iretq (add rsp, 8).");
	else if (!is_code_selector(fault, words[1]) && is_code_selector(fault, words[0])
	         && is_flags(words[1]) && !is_flags(words[2]))
		say(explanation, "error-code-missing",
		    "iret took its frame one word too late: the saved CS lies at RSP, and the "
		    "frame began before it.",
		    "The handler removed an error code from the stack where the CPU pushes none: "
		    "only "
		    "exceptions 8, 10 to 14, 17, 21, 29 and 30 have one.");
}

/* A hardware interrupt, or one by an int instruction. */
static void explain_interrupt(const struct event *event, const struct fault *fault,
                              struct explanation *explanation)
{
	char happened[200];
	struct text text = text_in(happened, sizeof(happened));
	bool user = (fault->cs & 3) == 3;

	if (event->software) {
		text_add(&text, "%s executed int %#x.",
		         user ? "The program in user mode" : "The kernel", event->vector);
		say(explanation, "software-interrupt", happened, "");
		return;
	}
	text_add(&text, "A hardware interrupt came, with vector %#x", event->vector);
	if (event->vector < VECTORS)
		text_add(&text, ", which is an exception's");
	if (event->vector >= 8 && event->vector < 16)
		text_add(&text, ": line %u of the first PIC%s", event->vector - 8,
		         event->vector == 8   ? ", the timer"
		         : event->vector == 9 ? ", the keyboard"
		                              : "");
	text_add(&text, ".");
	say(explanation, "interrupt", happened,
	    event->vector < VECTORS
	            ? "The PICs are still as the BIOS left them: give them vectors from 32 on."
	            : "");
}

/* Explains the first exception as the fault pages do. */
static void explain_first(const struct look *look, struct fault *fault, struct story *story)
{
	fault->vector = story->first.vector;
	fault->error = story->first.error;
	fault->has_error = story->first.has_error;
	if (fault->vector == VECTOR_PAGE && story->is_known)
		fault->cr2 = story->first.cr2;
	explain(look, &story->explanation);
	if (!story->is_known)
		say(&story->explanation, "triple-fault",
		    "An exception came at this instruction, and no handler could run. Which "
		    "exception it was is not known.",
		    "");
	else if (story->first.external || story->first.software)
		explain_interrupt(&story->first, fault, &story->explanation);
	else
		explain_iret(look, &story->explanation);
}

/* ---- why no handler ran ---- */

/* What holds for every exception, if the first one is not known: true if all meet this obstacle. */
static bool met_by_all(const struct cpu_state *cpu, struct step_of_chain *step)
{
	struct delivery delivery;

	step->event = (struct event){ .vector = 0 };
	deliver(cpu, &step->event, &step->delivery);
	for (unsigned vector = 1; vector < VECTORS; vector++) {
		struct event event = { .vector = vector, .has_error = frame_has_error(vector) };

		deliver(cpu, &event, &delivery);
		if (delivery.obstacle != step->delivery.obstacle)
			return false;
	}
	return step->delivery.obstacle != OBSTACLE_NONE
	    && step->delivery.obstacle != OBSTACLE_NOT_MODELLED;
}

/* Follows the chain, and puts its first step into words. */
static void tell_reason(const struct cpu_state *cpu, struct story *story)
{
	struct text reason = text_in(story->reason, sizeof(story->reason));
	struct text cause = text_in(story->cause, sizeof(story->cause));
	struct step_of_chain all;

	story->kind = "triple-fault";
	if (!story->is_known && met_by_all(cpu, &all)) {
		text_add(&reason, "No handler can run: ");
		reason_write(&reason, cpu, &all);
		text_add(&reason, ".");
		reason_cause(&cause, cpu, &all);
		story->kind = reason_kind(&all.delivery);
	}
	if (!story->is_known)
		return;
	chain_follow(cpu, &story->first, &story->chain);
	if (story->chain.steps[0].delivery.obstacle == OBSTACLE_NONE) {
		story->chain.count = 0;
		return;
	}
	text_add(&reason, "Its handler could not run: ");
	reason_write(&reason, cpu, &story->chain.steps[0]);
	text_add(&reason, ".");
	if (story->unwound > 1)
		text_add(&reason, " This happened %u times, nested, until the stack was used up.",
		         story->unwound);
	reason_cause(&cause, cpu, &story->chain.steps[0]);
	story->kind = reason_kind(&story->chain.steps[0].delivery);
}

/* "Page fault (#PF, exception 14), and no handler could run" */
static void tell_title(struct story *story)
{
	struct text text = text_in(story->title, sizeof(story->title));
	const char *mnemonic;
	const char *name = explain_name(story->first.vector, &mnemonic);

	if (!story->is_known)
		text_add(&text, "exception");
	else if (story->first.external || story->first.software)
		text_add(&text, story->first.external ? "hardware interrupt %#x" : "int %#x",
		         story->first.vector);
	else
		text_add(&text, "%s (%s%s%u)", name, mnemonic,
		         mnemonic[0] != 0 ? ", exception " : "", story->first.vector);
	text_add(&text, ", and no handler could run");
}

/* The first exception of handlers that could not be fetched. Its CR2 is lost, but what the
 * instruction touched can be seen. */
static bool unwound_event(const struct cpu_state *cpu, const struct evidence *evidence,
                          struct story *story)
{
	struct event guess;
	bool guessed;

	for (unsigned i = evidence->log_count; i > 0; i--) {
		if (evidence->log[i - 1].rip == cpu->look.fault->rip) {
			story->first = evidence->log[i - 1].event;
			return true;
		}
	}
	guessed =
		first_event(cpu, &(struct evidence){ .in_service = evidence->in_service }, &guess);
	if (guessed && (guess.vector == story->first.vector || story->first.vector == VECTORS_ALL))
		story->first = guess;
	return story->first.vector < VECTORS_ALL && (guessed || story->first.vector != VECTOR_PAGE);
}

void story_of_triple_fault(struct cpu_state *cpu, struct fault *fault,
                           const struct evidence *evidence, struct story *story)
{
	*story = (struct story){ .first = { .unknown = true, .vector = VECTORS_ALL } };
	cpu->look.fault = fault;
	story->unwound = first_unwind(cpu, fault, &story->first);
	story->is_known = story->unwound > 0 ? unwound_event(cpu, evidence, story)
	                                     : first_event(cpu, evidence, &story->first);
	explain_first(&cpu->look, fault, story);
	tell_reason(cpu, story);
	if (story->is_known && story->chain.count == 0) {
		/* It could have been handled, so it was not this one. */
		story->is_known = false;
		explain_first(&cpu->look, fault, story);
		tell_reason(cpu, story);
	}
	tell_title(story);
}

void story_of_place(struct cpu_state *cpu, struct fault *fault, struct story *story)
{
	struct fault_info_segment segment;
	struct text text;

	*story = (struct story){ .kind = "halted" };
	cpu->look.fault = fault;
	fault->vector = VECTORS_ALL;
	fault->has_error = 0;
	explain(&cpu->look, &story->explanation);
	if (cpu->look.marks->segment_count != 0 && !look_segment(&cpu->look, fault->rip, &segment))
		story->kind = "halted-outside";
	say(&story->explanation, story->kind,
	    "The CPU has halted for good, with interrupts off, outside the kernel's code.",
	    "A jump, a call or a return to a wrong address: a pointer to a function that was never "
	    "set, or a stack that was overwritten.");
	text = text_in(story->title, sizeof(story->title));
	text_add(&text, "halted outside the kernel");
}
