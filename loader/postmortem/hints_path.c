/* SPDX-License-Identifier: MIT */
/* hints_path.c - what led there: finds the instruction before, the handler's frame, and a stack, a
 * base or a flag that was left wrong. */
#include "postmortem/hints_path.h"

#include "explain/words.h"
#include "postmortem/frames.h"
#include "postmortem/returns.h"

enum {
	HANDLER_WORDS = 512, /* of the stack, in which a handler's frame lies */
	ZEROS = 8,           /* bytes that are no code, surely */
	STACK_NEAR = 16384   /* bytes from RSP that are surely the stack */
};

/* A stack pointer that is none. */
static void hint_stack_lost(const struct hint *hint)
{
	const struct operand *operand =
		instruction_touches(&hint->explanation->instruction, hint->event->cr2);

	if (hint->event->vector != VECTOR_PAGE || operand == NULL || !operand->stack
	    || operand->base != RSP || hint_is_fetch(hint)
	    || (!text_equal(hint->explanation->kind, "null-page")
	        && !text_equal(hint->explanation->kind, "not-mapped")))
		return;
	hint_set_cause(hint,
	               "RSP was loaded with a wrong value: a thread whose stack was never set, or "
	               "a field of its state that is read from the wrong place.");
	hint->explanation->kind = "stack-lost";
}

/* Zeros that are executed. */
static void hint_zeros(const struct hint *hint)
{
	const struct instruction *in = &hint->explanation->instruction;
	struct fault_info_segment segment;
	char text[EXPLAIN_TEXT];
	struct text words = text_in(text, sizeof(text));

	for (unsigned i = 0; i < in->count; i++) {
		if (in->bytes[i] != 0)
			return;
	}
	if (in->count < ZEROS || hint_is_fetch(hint) || hint->fault->rip == 0)
		return;
	text_add(&words, "%s executed zeros at %#llx",
	         (hint->fault->cs & 3) == 3 ? "The program in user mode" : "The kernel",
	         ULL(hint->fault->rip));
	if (look_segment(&hint->cpu->look, hint->fault->rip, &segment)) {
		text_add(&words, ", in ");
		words_segment(&words, &segment);
	}
	text_add(&words, ". They mean add [rax], al, and %s is %#llx.",
	         register_name(hint->fault, RAX).text, ULL(hint->fault->registers[RAX]));
	explanation_replace(hint->explanation, "no-code", text,
	                    "A jump, a call or a return to what is not code, a function that runs "
	                    "on past its end, or code that was overwritten.");
}

/* A stack of the kernel's own that has grown into what must not be written. It has, if the page
 * above can be written, and calls have left their addresses on it. */
static void hint_overflow(const struct hint *hint)
{
	uint64_t rsp = hint->fault->registers[RSP];
	const struct trace *trace = &hint->explanation->trace;
	struct page page, above;
	struct text text = hint_happened(hint);

	if (hint->event->vector != VECTOR_PAGE || (hint->event->error & PAGE_FAULT_WRITE) == 0
	    || rsp - hint->event->cr2 + STACK_NEAR > 2 * STACK_NEAR || trace->count == 0)
		return;
	page = look_up(&hint->cpu->look, rsp - 1);
	above = look_up(&hint->cpu->look, page_up(rsp));
	if (!page.mapped || page.write || !above.write)
		return;
	text_add(&text, " RSP (%#llx) is there: the stack has grown into it.", ULL(rsp));
	hint_set_cause(hint,
	               "Endless recursion, or large arrays on the stack. Make them static, or the "
	               "stack larger; leave a page unmapped below it.");
	hint->explanation->kind = "stack-overflow";
}

/* A string instruction that ran downward. */
static void hint_direction(const struct hint *hint)
{
	const struct instruction *in = &hint->explanation->instruction;
	bool is_string =
		in->known && in->map == MAP_ONE_BYTE
		&& ((in->opcode & 0xfc) == 0xa4 || (in->opcode >= 0xaa && in->opcode <= 0xaf));
	struct text text = hint_happened(hint);

	if (!is_string || (hint->fault->rflags & RFLAGS_DF) == 0
	    || hint->event->vector != VECTOR_PAGE)
		return;
	text_add(&text, " It ran downward: DF, bit 10 of RFLAGS, is 1.");
	hint_set_cause(
		hint,
		"C and Rust expect DF to be 0 at each call: execute cld after std, and at the "
		"beginning of each handler and of the entry for syscall.");
}

/* A jump to where LSTAR leads. */
static void hint_syscall(const struct hint *hint)
{
	const struct look *look = &hint->cpu->look;
	uint64_t next = hint->fault->registers[RCX];
	struct trace *trace = &hint->explanation->trace;
	uint8_t before[2];
	struct text text = hint_happened(hint);

	if (!hint_is_fetch(hint) || (hint->fault->cs & 3) != 0
	    || look_read(look, next - 2, before, 2) != 2 || before[0] != 0x0f || before[1] != 0x05)
		return;
	text_add(&text, " It came from the syscall at %#llx: that is the address in LSTAR.",
	         ULL(next - 2));
	hint_set_cause(
		hint, "syscall goes to the address in LSTAR (MSR 0xc0000082): write the address of "
		      "the kernel's entry there, all 64 bits, before it is used.");
	trace->steps[0] = (struct step){ place_of(look, next - 1), 1 };
	trace->steps[0].place.address = next;
	trace->count = 1;
}

/* The base of GS, which swapgs exchanges: who was interrupted, or has called, says which one it
 * should be. */
static void hint_gs(const struct hint *hint)
{
	const struct operand *operand =
		instruction_touches(&hint->explanation->instruction, hint->event->cr2);
	uint64_t next = hint->fault->registers[RCX];
	struct nesting nesting;
	struct text text = hint_happened(hint);
	uint8_t before[2];
	bool user;

	if (hint->event->vector != VECTOR_PAGE || operand == NULL || operand->segment != 0x65
	    || (hint->fault->cs & 3) != 0)
		return;
	frames_read(hint->cpu, HANDLER_WORDS, &nesting);
	user = nesting.count == 0;
	if (nesting.count != 0) {
		user = (nesting.inner.cs & 3) != 0;
		text_add(&text, " A handler that had interrupted %s at %#llx did that.",
		         user ? "user mode" : "the kernel", ULL(nesting.inner.rip));
	} else if (look_read(&hint->cpu->look, next - 2, before, 2) == 2 && before[0] == 0x0f
	           && before[1] == 0x05) {
		text_add(&text, " It came from the syscall at %#llx.", ULL(next - 2));
	} else {
		return;
	}
	hint_set_cause(hint,
	               user ? "User mode has its own GS base: on entry from user mode, first "
	                      "execute swapgs, which takes the kernel's base from MSR 0xc0000102."
	                    : "While the kernel runs, GS already has the kernel's base: a handler "
	                      "may execute swapgs only if the saved CS has RPL 3. Or the base was "
	                      "never set (MSR 0xc0000101).");
}

/* A return to where nothing can be fetched. */
static void hint_ret(const struct hint *hint)
{
	const struct fault *fault = hint->fault;
	uint64_t word, at = fault->registers[RSP] - 8;
	struct text text = hint_happened(hint);

	if (!hint->cpu->long_mode || fault->code32 != 0 || (fault->cs & 3) != 0
	    || (!hint_is_fetch(hint) && look_canonical(&hint->cpu->look, fault->rip))
	    || look_read(&hint->cpu->look, at, &word, sizeof(word)) != sizeof(word)
	    || word != fault->rip)
		return;
	for (unsigned i = 0; i < REGISTERS; i++) {
		if (fault->registers[i] == fault->rip)
			return; /* a jump or a call by this register is as likely */
	}
	text_add(&text, " A ret took it off the stack, at %#llx.", ULL(at));
}

void hints_on_path(const struct hint *hint)
{
	hint_overflow(hint);
	hint_direction(hint);
	hint_syscall(hint);
	hint_gs(hint);
	hint_ret(hint);
	hint_stack_lost(hint);
	hint_zeros(hint);
}
