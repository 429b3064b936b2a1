/* SPDX-License-Identifier: MIT */
/*
 * exceptions.c - reports an exception in the loader itself, while it runs as a kernel: nothing else
 * would. It is our mistake, or the machine's, so it is not explained. Also reports a CPU that is
 * too old for the rest of the loader's code.
 */
#include "core/diag_lines.h"
#include "platform/console/early_refusal.h"
#include "platform/console/watch.h"
#include "platform/platform.h"
#include "x86/last_words.h"
#include "x86/watcher.h"

/* What start.asm has pushed. */
struct exception {
	uint32_t registers[8]; /* pushad */
	uint32_t vector, error, eip, cs, eflags;
};

_Noreturn void exception_tell(const struct exception *exception);

/* Halts the machine, with a message, if the CPU is too old. */
void exception_prevent(void);

void exception_prevent(void)
{
	struct last_words words;

	if (cpu_has_cmov())
		return;
	words = last_words_at(0);
	last_text(&words, line_CPU_NO_LONG_MODE);
	words = last_words_at(1);
	last_text(&words, fix_CPU_NO_LONG_MODE);
	words = last_words_at(3);
	last_text(&words, "There is no boot prompt to go back to: the machine is halted.\n");
	watch_early_refusal(line_CPU_NO_LONG_MODE, fix_CPU_NO_LONG_MODE, "halt");
	cpu_halt();
}

_Noreturn void exception_tell(const struct exception *exception)
{
	struct last_words words = last_words_at(0);
	uint32_t cr2;

	__asm__ volatile("mov %%cr2, %0" : "=r"(cr2));
	last_text(&words, "\nLongjump: exception 0x");
	last_number(&words, exception->vector, 2);
	last_text(&words, " in the loader, at 0x");
	last_number(&words, exception->eip, 8);
	last_text(&words, " (error 0x");
	last_number(&words, exception->error, 8);
	last_text(&words, ", CR2 0x");
	last_number(&words, cr2, 8);
	words = last_words_at(1);
	last_text(&words, "): a mistake of ours, or the machine's.\nThe machine is halted.\n");
	watch_refusal();
	watcher_write("the loader itself has failed by an exception");
	watch_end("halt");
	cpu_halt();
}
