/* SPDX-License-Identifier: MIT */
/* other.c - all exceptions except page and protection faults, and events that are no exceptions. */
#include "explain/other.h"

#include "explain/frame.h"

/* Appends what happened and its usual cause. */
static void say(struct words *words, const char *kind, const char *happened, const char *cause)
{
	words->kind = kind;
	text_add(&words->happened, "%s %s", words_who(words), happened);
	text_add(&words->cause, "%s", cause);
}

/* True if the instruction uses the XMM registers, as far as opcodes tell. */
bool other_is_sse(const struct instruction *in)
{
	unsigned high = in->opcode & 0xf0u;

	if (in->vector_size != 0)
		return false;
	if (in->map == MAP_0F38 || in->map == MAP_0F3A)
		return true;
	return in->map == MAP_0F
	    && (high == 0x10 || (in->opcode >= 0x28 && in->opcode <= 0x2f) || high == 0x50
	        || high == 0x60 || (in->opcode >= 0x70 && in->opcode <= 0x7f) || in->opcode == 0xae
	        || in->opcode == 0xc2 || high >= 0xd0
	        || (in->opcode >= 0xc4 && in->opcode <= 0xc6));
}

/* True if the bytes at RIP are all the same: memory without code. */
static bool is_filler(const struct instruction *in)
{
	for (unsigned i = 1; i < in->count; i++) {
		if (in->bytes[i] != in->bytes[0])
			return false;
	}
	return in->count > 4;
}

/* #UD */
static void words_unknown(struct words *words)
{
	const struct instruction *in = &words->in;
	const struct fault *fault = words->fault;

	if (words_code_is(words, 0x0f, 0x0b))
		say(words, "ud2", "executed ud2, the instruction that always faults.",
		    "The compiler puts it where execution must never arrive: after "
		    "__builtin_unreachable, in abort or panic, at the end of a function that "
		    "should return a value but does not.");
	else if (other_is_sse(in) && ((fault->cr4 & CR4_OSFXSR) == 0 || (fault->cr0 & CR0_EM) != 0))
		say(words, "sse-off",
		    (fault->cr0 & CR0_EM) != 0
		            ? "used SSE, which is switched off: CR0.EM (bit 2) is 1."
		            : "used SSE, which is switched off: CR4.OSFXSR (bit 9) is 0.",
		    words->marks->terms.sse);
	else if (in->vector_size != 0)
		say(words, "avx-off",
		    (fault->cr4 & CR4_OSXSAVE) == 0
		            ? "used AVX, which is not switched on: CR4.OSXSAVE (bit 18) is 0."
		            : "used an AVX instruction that this CPU lacks, or that XCR0 leaves "
		              "off.",
		    "Set CR4.OSXSAVE and bits 0 to 2 of XCR0 (xsetbv) after asking CPUID, or "
		    "compile "
		    "without -mavx and -march=native.");
	else if (in->map == MAP_0F && in->opcode == 0x05 && (fault->efer & IA32_EFER_SCE) == 0)
		say(words, "syscall-off", "executed syscall, which is off: EFER.SCE (bit 0) is 0.",
		    "Set bit 0 of EFER (MSR 0xc0000080), and STAR and LSTAR first.");
	else if (in->locked)
		say(words, "lock",
		    "executed an instruction with a lock prefix that cannot have one.",
		    "lock is for read-modify-write instructions on memory only.");
	else if (is_filler(in))
		say(words, "no-code", "executed bytes that are not code.",
		    "A jump to a wrong address: a function pointer or a return address that was "
		    "overwritten.");
	else
		say(words, "unknown-instruction",
		    "executed an instruction that the CPU does not know, or not in this mode.",
		    "Code compiled for a newer CPU (-march=), an instruction that 64-bit mode does "
		    "not have, or a jump into the middle of an instruction.");
}

void words_opcode(struct words *words)
{
	if (words->fault->vector == VECTOR_OPCODE) {
		words_unknown(words);
		return;
	}
	say(words, "fpu-off",
	    (words->fault->cr0 & CR0_TS) != 0
	            ? "used the FPU or SSE, which is switched off: CR0.TS (bit 3) is 1."
	            : "used the FPU, which is switched off: CR0.EM (bit 2) is 1.",
	    "TS is set to switch FPU state lazily: execute clts in the handler of #NM. Without "
	    "such "
	    "a handler, leave TS and EM 0, or do not use floating point.");
}

void words_interrupt(struct words *words)
{
	unsigned vector = (unsigned)words->fault->vector;

	if (frame_is_int(words->look)) {
		words->kind = "software-interrupt";
		text_add(&words->happened, "%s executed int %#x.", words_who(words), vector);
		text_add(&words->cause, "There is no handler for it: the kernel has not loaded its "
		                        "own IDT (lidt), or expects services of a BIOS.");
		return;
	}
	words->kind = "interrupt";
	text_add(&words->happened,
	         "A hardware interrupt came with vector %u, which looks like an exception", vector);
	if (vector >= 8 && vector < 16)
		text_add(&words->happened, ": line %u of the first PIC%s", vector - 8,
		         vector == 8   ? ", the timer"
		         : vector == 9 ? ", the keyboard"
		                       : "");
	text_add(&words->happened, ".");
	text_add(&words->cause,
	         "The PICs are still as the BIOS left them: give them vectors from 32 "
	         "on, and load an IDT, before you unmask lines and execute sti.");
}

void words_double(struct words *words)
{
	const struct fault *fault = words->fault;
	uint64_t rsp = fault->registers[RSP];
	struct fault_range stack = words->marks->stack;

	text_add(&words->happened,
	         "An exception came, and a second one before its handler could run");
	if (stack.begin != stack.end && stack.begin + 64 - rsp < PAGE_SIZE + 64) {
		words->kind = "stack-overflow";
		text_add(&words->happened, ": RSP is at the low end of the stack, which has ");
		text_add_size(&words->happened, stack.end - stack.begin);
		text_add(&words->happened, ": a stack overflow.");
		text_add(
			&words->cause,
			"Endless recursion, or large arrays on the stack. Make them static, or %s.",
			words->marks->terms.stack);
	} else if (!look_canonical(words->look, rsp) || !look_up(words->look, rsp - 8).mapped) {
		words->kind = "stack-lost";
		text_add(&words->happened, ": RSP = %#llx is not a stack%s.", ULL(rsp),
		         look_canonical(words->look, rsp) ? "; nothing is mapped there"
		                                          : "; it is not canonical");
		text_add(&words->cause, "RSP was loaded with a wrong value, or the kernel's page "
		                        "tables do not map the stack.");
	} else if (fault->ldt == 0) {
		words->kind = "handler-lost";
		text_add(&words->happened, ": LDTR is 0, and the gates of Longjump's IDT need it.");
		text_add(&words->cause,
		         "The kernel executed lldt before it loaded its own IDT. "
		         "Load the IDT first; then the first exception is reported.");
	} else {
		words->kind = "double-fault";
		text_add(&words->happened, ".");
		text_add(&words->cause,
		         "The kernel loaded its own TSS, LDT or page tables before an "
		         "IDT, so the handlers cannot be reached.");
	}
}

/* #DE: the divisor, if it is in a register. */
static void words_divide(struct words *words)
{
	const struct instruction *in = &words->in;
	int number = instruction_register(in);
	bool is_divide = instruction_divides(in);
	uint64_t value = 1;
	unsigned size = (in->opcode & 1) == 0 ? 1 : (in->rex & 8) != 0 ? 8 : 4;

	if (is_divide && number >= 0)
		value = words->fault->registers[number];
	else if (is_divide && in->has_memory)
		look_read(words->look, in->operands[0].address, &value, size);
	if (size == 4)
		value &= UINT32_MAX;
	if (is_divide && value == 0) {
		say(words, "divide-by-zero", "divided by zero",
		    "A count or size that was unexpectedly 0: check it before dividing.");
		if (number >= 0)
			text_add(&words->happened, ": the divisor is %s",
			         register_name(words->fault, number).text);
		text_add(&words->happened, ".");
		return;
	}
	say(words, "divide", "divided by zero, or got a quotient that its register cannot hold.",
	    "div divides RDX:RAX: first xor edx, edx (before idiv: cqo); or INT64_MIN was divided "
	    "by "
	    "-1.");
}

/* #DB */
static void words_debug(struct words *words)
{
	if ((words->fault->dr6 & DR6_BS) != 0 || (words->fault->rflags & RFLAGS_TF) != 0)
		say(words, "single-step", "runs in single steps: RFLAGS.TF (bit 8) is 1.",
		    "popfq or iretq loaded flags with bit 8 set: the frame's words are in the "
		    "wrong "
		    "order, or were overwritten.");
	else
		say(words, "debug", "hit a hardware breakpoint (DR0 to DR3) or int1.",
		    "A debugger set it, or DR7 was loaded with a wrong value.");
}

/* #MC */
static void words_machine(struct words *words)
{
	const struct fault *fault = words->fault;

	words->kind = "machine-check";
	text_add(&words->happened, "The hardware reports an error that it could not correct");
	if (fault->machine_status != 0)
		text_add(&words->happened, ": bank %u, status %#llx", fault->machine_bank,
		         ULL(fault->machine_status));
	if ((fault->machine_status >> 58 & 1) != 0)
		text_add(&words->happened, ", at %#llx", ULL(fault->machine_address));
	text_add(&words->happened, ".");
	text_add(&words->cause, "Defective RAM, cache or bus, overheating or overclocking; or the "
	                        "kernel touched an address that no device answers.");
}

/* #MF and #XM: the flags of six exceptions, in the same order in both units. */
static void words_float(struct words *words)
{
	static const char names[6][20] = { "invalid operation", "denormal operand",
		                           "division by zero",  "overflow",
		                           "underflow",         "inexact result" };
	bool sse = words->fault->vector == VECTOR_SSE;
	uint32_t flags =
		sse ? words->fault->mxcsr & ~(words->fault->mxcsr >> 7) : words->fault->fpu_status;
	const char *before = ": ";

	say(words, "floating-point",
	    sse ? "did an SSE computation that MXCSR does not allow"
	        : "did an FPU computation that its control word does not allow",
	    "Exceptions were unmasked, in MXCSR (ldmxcsr) or the FPU's control word (fldcw); "
	    "0x1f80 and 0x37f mask all.");
	for (unsigned i = 0; i < 6; i++) {
		if ((flags >> i & 1) != 0) {
			text_add(&words->happened, "%s%s", before, names[i]);
			before = ", ";
		}
	}
	text_add(&words->happened, ".");
}

/* #AC: checked alignment in user mode, or a locked access to two cache lines. */
static void words_misaligned(struct words *words)
{
	const struct fault *fault = words->fault;
	const struct operand *at = NULL;
	bool locked = words->in.locked
	           || (words->in.map == MAP_ONE_BYTE && (words->in.opcode & 0xfe) == 0x86);
	bool checked = !locked || ((fault->cs & 3) == 3 && (fault->rflags & RFLAGS_AC) != 0);

	for (unsigned i = words->in.operand_count; i-- > 0;) {
		if (words->in.operands[i].address % 8 != 0)
			at = &words->in.operands[i];
	}
	words->kind = "alignment";
	text_add(&words->happened, "%s used a misaligned address", words_who(words));
	if (at != NULL)
		text_add(&words->happened, ", %#llx", ULL(at->address));
	text_add(&words->happened,
	         checked ? ", in user mode, with RFLAGS.AC on."
	                 : ", with a locked instruction, across two cache lines.");
	if (at != NULL)
		words_origin(words, at);
	text_add(&words->cause,
	         checked ? "Clear RFLAGS.AC (bit 18) or CR0.AM, or align the data."
	                 : "The detection of split locks is on (MSR 0x33, bit 29): align what lock "
	                   "and xchg access to its size.");
}

/* _start has returned. */
static void words_returned(struct words *words)
{
	words->kind = "returned";
	if (look_other_cpu(words->look)) {
		text_add(&words->happened,
		         "The function given to the CPU with APIC ID %u returned, with RAX = "
		         "%#llx. "
		         "There is nothing to return to.",
		         words->fault->apic_id, ULL(words->fault->registers[RAX]));
		text_add(&words->cause, "It has no caller. End it in an endless loop, "
		                        "such as for (;;) __asm__ volatile(\"hlt\").");
		return;
	}
	text_add(&words->happened,
	         "The kernel's _start returned, with %s = %#llx. There is nothing to return to.",
	         register_name(words->fault, RAX).text, ULL(words->fault->registers[RAX]));
	text_add(&words->cause, "_start has no caller. End it in an endless loop, such as "
	                        "for (;;) __asm__ volatile(\"hlt\").");
}

void words_other(struct words *words)
{
	switch (words->fault->vector) {
	case VECTOR_DIVIDE:
		words_divide(words);
		break;
	case VECTOR_DEBUG:
		words_debug(words);
		break;
	case VECTOR_NMI:
		words->kind = "nmi";
		text_add(&words->happened, "A non-maskable interrupt came, and the kernel has no "
		                           "handler for it yet.");
		text_add(&words->cause, "A hardware error, a watchdog, or the NMI button of the "
		                        "machine (in QEMU, the monitor's command nmi).");
		break;
	case VECTOR_BREAKPOINT:
		say(words, "breakpoint", "executed int3, a breakpoint.",
		    "It was put there on purpose; or a jump went to the filler between functions, "
		    "which is made of int3 (0xcc).");
		break;
	case VECTOR_FPU:
	case VECTOR_SSE:
		words_float(words);
		break;
	case VECTOR_ALIGNMENT:
		words_misaligned(words);
		break;
	case VECTOR_MACHINE:
		words_machine(words);
		break;
	case VECTOR_CONTROL:
		say(words, "control-flow", "returned or jumped where CET does not allow it.",
		    "The shadow stack does not match, or endbr64 is missing (-fcf-protection).");
		break;
	case VECTOR_RETURNED:
		words_returned(words);
		break;
	default:
		words->kind = "exception";
		text_add(&words->happened, "Exception %u came, which only special hardware raises.",
		         (unsigned)words->fault->vector);
		text_add(&words->cause, "A hypervisor or a feature of a newer CPU; its manual says "
		                        "more.");
	}
}
