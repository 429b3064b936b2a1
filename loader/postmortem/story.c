/* SPDX-License-Identifier: MIT */
/* story.c - puts the first exception, its handler and what followed together. */
#include "postmortem/story.h"

#include "explain/decode.h"
#include "explain/frame.h"
#include "postmortem/hints.h"
#include "postmortem/reasons.h"
#include "postmortem/returns.h"

enum {
	NESTED = 3,            /* nested handlers, from which on it is no coincidence */
	RUNAWAY = 32,          /* ... even while there is a stack */
	BIOS_FIRST = 8,        /* the first vector of the first PIC, as the BIOS leaves it */
	PUSHED = 64,           /* bytes that are a frame and more */
	WHOLE_STACK = 1 << 17, /* words */
	STACK_TOP = 1 << 12    /* words, where the last handler's frame lies */
};

/* ---- what came first ---- */

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
		explanation_replace(explanation, "software-interrupt", happened, "");
		return;
	}
	text_add(&text, "A hardware interrupt came, with vector %#x", event->vector);
	if (event->vector < VECTORS)
		text_add(&text, ", which is that of an exception");
	if (event->vector >= 8 && event->vector < 16)
		text_add(&text, ": line %u of the first PIC%s", event->vector - 8,
		         event->vector == 8   ? ", the timer"
		         : event->vector == 9 ? ", the keyboard"
		                              : "");
	text_add(&text, ".");
	explanation_replace(
		explanation, "interrupt", happened,
		event->vector < VECTORS
			? "The PICs are still as the BIOS left them: give them vectors from 32 on."
			: "");
}

/* An interrupt of a PIC that looks like an exception with an error code has none. */
static void tell_pic(const struct cpu_state *cpu, struct explanation *explanation)
{
	size_t length = text_length(explanation->happened);
	struct text text = { explanation->happened + length,
		             explanation->happened + sizeof(explanation->happened) - 1 };

	if (returns_is_late(explanation) && cpu->pic_base == BIOS_FIRST)
		text_add(&text, " The first PIC still has the BIOS's vectors, 8 to 15, so that its "
		                "timer looks like a double fault, and no interrupt has an error "
		                "code.");
}

/* Explains the first exception, as a fault page does. */
static void explain_first(const struct cpu_state *cpu, struct fault *fault, struct story *story)
{
	bool is_exception = !story->first.external && !story->first.software;

	fault->vector = story->first.vector;
	fault->error = story->first.error;
	fault->has_error = story->first.has_error;
	if (fault->vector == VECTOR_PAGE && story->is_known)
		fault->cr2 = story->first.cr2;
	explain(&cpu->look, &story->explanation);
	if (is_exception && returns_explain(cpu, &story->explanation)) {
		tell_pic(cpu, &story->explanation);
		return;
	}
	if (!story->is_known)
		explanation_replace(
			&story->explanation, "triple-fault",
			"An exception came at this instruction, and no handler could run. Which "
			"exception it was is not known.",
			"");
	else if (!is_exception)
		explain_interrupt(&story->first, fault, &story->explanation);
	else
		hints_add(cpu, &story->first, &story->explanation);
}

/* ---- why no handler ran ---- */

/* If the first exception is not known: true if every exception would meet the same obstacle. */
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
		text_add(&reason, all.delivery.obstacle == OBSTACLE_IDT_LIMIT
		                                  || all.delivery.obstacle == OBSTACLE_IDT_MEMORY
		                          ? "No handler can run: "
		                          : "No handler can run, whatever the exception; for "
		                            "#DE: ");
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

/* ---- nested handlers ---- */

/* The last event at RIP in the log; false if there is none. */
static bool logged_here(const struct cpu_state *cpu, const struct evidence *evidence,
                        struct event *event)
{
	for (unsigned i = evidence->log_count; i > 0; i--) {
		if (evidence->log[i - 1].rip == cpu->look.fault->rip) {
			*event = evidence->log[i - 1].event;
			return true;
		}
	}
	return false;
}

/* True if the instruction at RIP is an iret: what it meets depends on the stack alone, so that it
 * can be told of each one whose frame is there. */
static bool is_iret(const struct story *story)
{
	return instruction_is_iret(&story->explanation.instruction);
}

/* Finds what an instruction in a handler meets each time, whatever its registers were. */
static bool repeats_for_sure(const struct cpu_state *cpu, const struct evidence *evidence,
                             struct story *story)
{
	struct evidence none = { .in_service = -1 };

	story->is_known = is_iret(story) ? first_event(cpu, &none, &story->first)
	                                 : logged_here(cpu, evidence, &story->first)
	                                           || first_event(cpu, &none, &story->first);
	return story->is_known
	    && (is_iret(story) || story->first.vector == VECTOR_OPCODE
	        || story->first.vector == VECTOR_NO_FPU);
}

/* Exceptions that came again and again at one instruction in a handler; the last one was
 * elsewhere. */
static void explain_repeated(const struct cpu_state *cpu, struct fault *fault,
                             const struct evidence *evidence, struct story *story)
{
	char happened[STORY_TEXT];
	struct text text = text_in(happened, sizeof(happened));

	story->first = (struct event){ .unknown = true, .vector = VECTORS_ALL };
	fault->vector = VECTORS_ALL;
	story->explanation.instruction = instruction_read(&cpu->look);
	if (repeats_for_sure(cpu, evidence, story)) {
		explain_first(cpu, fault, story);
		return;
	}
	story->is_known = logged_here(cpu, evidence, &story->first);
	fault->has_error = 0;
	explain(&cpu->look, &story->explanation);
	text_add(&text, "A handler itself raised ");
	event_write(&text, &story->first);
	text_add(&text, " at this instruction, each time it ran.");
	explanation_replace(&story->explanation, story->nested, happened, "");
	returns_explain(cpu, &story->explanation);
}

/* Describes handlers that were interrupted again and again. */
static void tell_nested(struct story *story, const struct nesting *nesting, bool is_gone)
{
	struct text reason = text_in(story->reason, sizeof(story->reason));

	text_add(&reason,
	         "%s%u exceptions or interrupts are nested on %s, each of "
	         "which came in the handler of the one before.",
	         is_gone ? "The stack is used up: " : "", nesting->count,
	         is_gone ? "it" : "the stack");
	if (text_equal(story->explanation.kind, "stack-overflow"))
		story->explanation.cause[0] = 0; /* that is not the cause */
	story->nested = "handler-nested";
	if (!story->is_known)
		story->kind = "handler-stack";
}

/* Says why they were. The frames of handlers that let interrupts in have IF set. */
static void tell_nested_cause(struct story *story, const struct nesting *nesting)
{
	struct text cause = text_in(story->cause, sizeof(story->cause));
	bool is_open = (nesting->inner.rflags & RFLAGS_IF) != 0;

	if (is_iret(story))
		return; /* that says it all */
	if (story->is_known && story->explanation.kind != story->nested
	            ? story->first.external || (is_open && nesting->repeats < nesting->count / 2)
	            : is_open)
		text_add(&cause,
		         "The handler allows the next interrupt before it has ended: it executes "
		         "sti, or its gate is a trap gate (type 15), and it takes longer than the "
		         "time between two interrupts. Use interrupt gates (14), without sti.");
	else
		text_add(&cause, "The handler raises an exception each time it runs: what it "
		                 "uses (a pointer, the screen, SSE) is not as it expects.");
}

/* The address of the int instruction that ends at `rip`, or `rip`. */
static uint64_t before_int(const struct look *look, uint64_t rip)
{
	uint8_t bytes[2];

	if (look_read(look, rip - 2, bytes, 2) != 2)
		return rip;
	return bytes[0] == OPCODE_INT ? rip - 2 : bytes[1] == OPCODE_INT3 ? rip - 1 : rip;
}

/* True if nothing more can be pushed. */
static bool is_stack_gone(const struct cpu_state *cpu)
{
	return !look_up(&cpu->look, cpu->look.fault->registers[RSP] - PUSHED).mapped;
}

/* Takes the state back to the first of the handlers that were interrupted at one instruction. */
static void tell_repeated(struct cpu_state *cpu, struct fault *fault,
                          const struct evidence *evidence, const struct nesting *nesting,
                          struct story *story)
{
	if (nesting->repeats < nesting->count / 2
	    || (nesting->repeated.rip == fault->rip && story->is_known && !is_iret(story)))
		return;
	fault->rip = nesting->repeated.rip;
	fault->rflags = nesting->repeated.rflags;
	fault->registers[RSP] = nesting->repeated.rsp;
	explain_repeated(cpu, fault, evidence, story);
}

/* Handlers that were interrupted in their turn, until the stack was used up or even after that. */
static void tell_nesting(struct cpu_state *cpu, struct fault *fault,
                         const struct evidence *evidence, struct story *story)
{
	bool is_gone = is_stack_gone(cpu);
	struct nesting nesting;
	struct page page;

	if (returns_is_ret(&story->explanation) && can_fetch(cpu, fault->rip, &page))
		return; /* what lies there are no frames any more, each without its first word */
	frames_read(cpu, WHOLE_STACK, &nesting);
	if (nesting.count < (is_gone ? NESTED : RUNAWAY))
		return;
	tell_nested(story, &nesting, is_gone);
	story->began = before_int(&cpu->look, nesting.outer.rip);
	tell_repeated(cpu, fault, evidence, &nesting, story);
	tell_nested_cause(story, &nesting);
}

/* "Page fault (#PF, exception 14)" */
static void tell_name(struct story *story)
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
}

/* "Page fault (#PF, exception 14), and no handler could run" */
static void tell_title(struct story *story)
{
	struct text text = text_in(story->title, sizeof(story->title));
	char name[STORY_TEXT];
	struct text named = text_in(name, sizeof(name));

	tell_name(story);
	text_add(&named, "%s", story->title);
	text_add(&text, "%s, and no handler could run", name);
}

/* Takes an int instruction before RIP for the event, if its vector can be the one. */
static bool int_before(const struct look *look, struct fault *fault, struct story *story)
{
	uint64_t at = before_int(look, fault->rip);
	unsigned vector = VECTOR_BREAKPOINT;
	uint8_t number;

	if (at + 2 == fault->rip) {
		look_read(look, at + 1, &number, 1);
		vector = number;
	}
	if (at == fault->rip
	    || (story->first.vector != VECTORS_ALL && story->first.vector != vector))
		return false;
	story->first = (struct event){ .vector = vector, .software = true };
	fault->rip = at;
	return true;
}

/* The first exception of handlers that could not be fetched. Its CR2 is lost, but what the
 * instruction touched can be seen. */
static bool unwound_event(const struct cpu_state *cpu, struct fault *fault,
                          const struct evidence *evidence, struct story *story)
{
	struct event guess;
	bool guessed;

	if (logged_here(cpu, evidence, &story->first))
		return true;
	guessed =
		first_event(cpu, &(struct evidence){ .in_service = evidence->in_service }, &guess);
	if (guessed && (guess.vector == story->first.vector || story->first.vector == VECTORS_ALL))
		story->first = guess;
	else if (int_before(&cpu->look, fault, story))
		return true;
	return story->first.vector < VECTORS_ALL && (guessed || story->first.vector != VECTOR_PAGE);
}

void story_of_triple_fault(struct cpu_state *cpu, struct fault *fault,
                           const struct evidence *evidence, struct story *story)
{
	*story = (struct story){ .first = { .unknown = true, .vector = VECTORS_ALL } };
	cpu->look.fault = fault;
	story->unwound = first_unwind(cpu, fault, &story->first);
	story->is_known = story->unwound > 0 ? unwound_event(cpu, fault, evidence, story)
	                                     : first_event(cpu, evidence, &story->first);
	explain_first(cpu, fault, story);
	tell_reason(cpu, story);
	if (story->is_known && story->chain.count == 0) {
		/* It could have been handled, so it was not this one. */
		story->is_known = false;
		explain_first(cpu, fault, story);
		tell_reason(cpu, story);
	}
	if (story->unwound == 0)
		tell_nesting(cpu, fault, evidence, story);
	tell_title(story);
}

void story_of_place(struct cpu_state *cpu, struct fault *fault, struct story *story)
{
	struct fault_info_segment segment;
	struct text text = text_in(story->title, sizeof(story->title));

	*story = (struct story){ .kind = "halted" };
	cpu->look.fault = fault;
	fault->vector = VECTORS_ALL;
	fault->has_error = 0;
	explain(&cpu->look, &story->explanation);
	frames_read(cpu, STACK_TOP, &story->nesting);
	explanation_replace(&story->explanation, story->kind, "", "");
	if (returns_explain(cpu, &story->explanation) && returns_is_ret(&story->explanation)) {
		story->kind = story->explanation.kind;
		text_add(&text, "a handler that ended with ret");
		return;
	}
	if (cpu->look.marks->segment_count != 0 && !look_segment(&cpu->look, fault->rip, &segment))
		story->kind = "halted-outside";
	explanation_replace(&story->explanation, story->kind,
	                    "The CPU has halted for good, with interrupts off, outside the "
	                    "kernel's code.",
	                    "A jump, a call or a return to a wrong address: a pointer to a "
	                    "function that was never set, or a stack that was overwritten.");
	text_add(&text, "halted outside the kernel");
}

/* The first of the events that are logged at RIP, if they are what the CPU makes of it and the last
 * has a handler. */
static unsigned first_of_handled(const struct cpu_state *cpu, const struct evidence *evidence,
                                 struct chain *chain)
{
	unsigned last = evidence->log_count - 1;

	for (unsigned first = 0; first < last; first++) {
		bool fits = evidence->log[first].rip == cpu->look.fault->rip;

		chain_follow(cpu, &evidence->log[first].event, chain);
		fits = fits && chain->end == CHAIN_HANDLED && chain->count == last - first + 1;
		for (unsigned i = 0; fits && i < chain->count; i++)
			fits = chain->steps[i].event.vector
			    == evidence->log[first + i].event.vector;
		if (fits)
			return first;
	}
	chain->count = 0;
	return last;
}

void story_of_handled(struct cpu_state *cpu, struct fault *fault, const struct evidence *evidence,
                      struct story *story)
{
	struct text reason = text_in(story->reason, sizeof(story->reason));
	struct text cause = text_in(story->cause, sizeof(story->cause));

	*story = (struct story){ .kind = "", .is_known = true };
	cpu->look.fault = fault;
	story->first = evidence->log[first_of_handled(cpu, evidence, &story->chain)].event;
	explain_first(cpu, fault, story);
	tell_name(story);
	if (story->chain.count == 0)
		return;
	story->kind = reason_kind(&story->chain.steps[0].delivery);
	text_add(&reason, "Its handler could not run: ");
	reason_write(&reason, cpu, &story->chain.steps[0]);
	text_add(&reason, ". So the handler of ");
	event_write(&reason, &story->chain.steps[story->chain.count - 1].event);
	text_add(&reason, " was called.");
	reason_cause(&cause, cpu, &story->chain.steps[0]);
}
