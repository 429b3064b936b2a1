/* SPDX-License-Identifier: MIT */
/* explain.c - the whole explanation: names, words, place and trace. */
#include "explain/explain.h"

#include "explain/decode.h"
#include "explain/frame.h"
#include "explain/other.h"
#include "explain/page.h"
#include "explain/protection.h"

/* SDM volume 3A, table 6-1. */
const char *explain_name(uint64_t vector, const char **mnemonic)
{
	static const struct {
		char mnemonic[4];
		char name[28];
	} names[VECTORS + 1] = {
		[VECTOR_DIVIDE] = { "#DE", "divide error" },
		[VECTOR_DEBUG] = { "#DB", "debug exception" },
		[VECTOR_NMI] = { "NMI", "non-maskable interrupt" },
		[VECTOR_BREAKPOINT] = { "#BP", "breakpoint" },
		[VECTOR_OVERFLOW] = { "#OF", "overflow" },
		[VECTOR_BOUND] = { "#BR", "bound range exceeded" },
		[VECTOR_OPCODE] = { "#UD", "invalid opcode" },
		[VECTOR_NO_FPU] = { "#NM", "FPU not available" },
		[VECTOR_DOUBLE] = { "#DF", "double fault" },
		[VECTOR_TSS] = { "#TS", "invalid TSS" },
		[VECTOR_NOT_PRESENT] = { "#NP", "segment not present" },
		[VECTOR_STACK] = { "#SS", "stack segment fault" },
		[VECTOR_PROTECTION] = { "#GP", "general protection fault" },
		[VECTOR_PAGE] = { "#PF", "page fault" },
		[VECTOR_FPU] = { "#MF", "x87 floating-point error" },
		[VECTOR_ALIGNMENT] = { "#AC", "alignment check" },
		[VECTOR_MACHINE] = { "#MC", "machine check" },
		[VECTOR_SSE] = { "#XM", "SIMD floating-point error" },
		[VECTOR_VIRTUAL] = { "#VE", "virtualization exception" },
		[VECTOR_CONTROL] = { "#CP", "control protection" },
		[VECTOR_RETURNED] = { "", "_start returned" },
	};

	if (vector > VECTORS || names[vector].name[0] == 0) {
		*mnemonic = "";
		return "reserved exception";
	}
	*mnemonic = names[vector].mnemonic;
	return names[vector].name;
}

/* True if vector and frame do not match: it is an interrupt with the vector of an exception. */
static bool is_interrupt(const struct look *look)
{
	const struct fault *fault = look->fault;

	if (fault->has_error == 0 && (frame_is_int(look) || frame_in_service(fault)))
		return true;
	return fault->vector == 9 || fault->vector == 15 || fault->vector == VECTOR_OVERFLOW
	    || fault->vector == VECTOR_BOUND
	    || (frame_has_error(fault->vector) && fault->has_error == 0);
}

/* The bits of the error code, by name. */
static void decode_error(struct text *text, const struct fault *fault)
{
	uint64_t error = fault->error;

	if (fault->has_error == 0)
		return;
	if (fault->vector == VECTOR_PAGE) {
		text_add(text, "%#llx = %s, %s, %s mode", ULL(error),
		         (error & PAGE_FAULT_PRESENT) != 0 ? "page present" : "page not present",
		         (error & PAGE_FAULT_FETCH) != 0   ? "instruction fetch"
		         : (error & PAGE_FAULT_WRITE) != 0 ? "write"
		                                           : "read",
		         (error & PAGE_FAULT_USER) != 0 ? "user" : "kernel");
		if ((error & PAGE_FAULT_RESERVED) != 0)
			text_add(text, ", reserved bit set");
		return;
	}
	text_add(text, "%#llx", ULL(error));
	if (fault->vector >= VECTOR_TSS && fault->vector <= VECTOR_PROTECTION && error != 0)
		text_add(text, " = %s entry %u%s",
		         (error & SELECTOR_IDT) != 0   ? "IDT"
		         : (error & SELECTOR_LDT) != 0 ? "LDT"
		                                       : "GDT",
		         (unsigned)(error >> 3 & 0x1fff),
		         (error & SELECTOR_EXTERNAL) != 0 ? ", by an external event" : "");
}

/* Calls the function for this kind of exception. */
static void put_into_words(struct words *words)
{
	switch (words->fault->vector) {
	case VECTOR_PAGE:
		words_page(words);
		break;
	case VECTOR_TSS:
	case VECTOR_NOT_PRESENT:
	case VECTOR_STACK:
	case VECTOR_PROTECTION:
		words_protection(words);
		break;
	case VECTOR_OPCODE:
	case VECTOR_NO_FPU:
		words_opcode(words);
		break;
	case VECTOR_DOUBLE:
		words_double(words);
		break;
	default:
		words_other(words);
	}
}

void explain(const struct look *look, struct explanation *explanation)
{
	struct words words = { .look = look, .fault = look->fault, .marks = look->marks };
	struct text error;

	words.happened = text_in(explanation->happened, sizeof(explanation->happened));
	words.cause = text_in(explanation->cause, sizeof(explanation->cause));
	error = text_in(explanation->error, sizeof(explanation->error));
	words.in = instruction_read(look);
	explanation->name = explain_name(look->fault->vector, &explanation->mnemonic);
	if (look->fault->vector == VECTOR_RETURNED && look_other_cpu(look))
		explanation->name = "a CPU's work returned";
	if (is_interrupt(look)) {
		explanation->name = "interrupt with the vector of an exception";
		explanation->mnemonic = "";
		words_interrupt(&words);
	} else {
		put_into_words(&words);
	}
	decode_error(&error, look->fault);
	explanation->kind = words.kind;
	explanation->instruction = words.in;
	explanation->place = place_of(look, look->fault->rip);
	trace_read(look, &explanation->trace);
}

void explain_for_programs(struct text *text, const struct look *look,
                          const struct explanation *explanation)
{
	const struct fault *fault = look->fault;
	const struct trace *trace = &explanation->trace;

	text_add(text, "@longjump-fault vector=%u kind=%s rip=%#llx slide=%#llx",
	         (unsigned)fault->vector, explanation->kind, ULL(fault->rip),
	         ULL(look->marks->slide));
	if (fault->has_error != 0)
		text_add(text, " error=%#llx", ULL(fault->error));
	if (fault->vector == VECTOR_PAGE)
		text_add(text, " cr2=%#llx", ULL(fault->cr2));
	if (look->marks->processor_count != 0)
		text_add(text, " cpu=%u", fault->apic_id);
	if (explanation->place.name[0] != 0)
		text_add(text, " in=%s+%#llx", explanation->place.name,
		         ULL(explanation->place.offset));
	for (unsigned i = 0; i < trace->count; i++)
		text_add(text, "%s%#llx", i == 0 ? " trace=" : ",",
		         ULL(trace->steps[i].place.address));
}
