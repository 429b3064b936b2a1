/* SPDX-License-Identifier: MIT */
/*
 * begin.c - enters the explainer after checking that its code is still as it was linked: a kernel
 * may have overwritten it, and damaged code is silent at best. Until the check is done, nothing
 * outside this file is called.
 */
#include "core/sum.h"
#include "explain/fault.h"
#include "x86/last_words.h"

/* The code that is summed, and its sum (resident.ld, write_sum.py). */
extern const size_t resident_summed[], resident_summed_end[];
extern const volatile uint32_t resident_sum[3];

void fault_begin(struct fault *fault);
void fault_explain(struct fault *fault);

/* Called with the saved registers, once. If it returns, the machine is halted. */
void fault_begin(struct fault *fault)
{
	struct last_words words = last_words_at(0);

	if (sum_of_words(resident_summed, resident_summed_end) == resident_sum[2]) {
		fault_explain(fault);
		return;
	}
	last_text(&words, "\nLongjump: exception 0x");
	last_number(&words, fault->vector, 2);
	last_text(&words, " at 0x");
	last_number(&words, fault->rip, 16);
	words = last_words_at(1);
	last_text(&words, ": the kernel has overwritten the code that explains faults\n");
	words = last_words_at(2);
	last_text(&words, "(RESIDENT in the memory map). The machine is halted.\n");
}
