/* SPDX-License-Identifier: MIT */
/*
 * faults_explainer.c - what makes faults hard to explain: frames, the explainer itself, other CPUs.
 * Each mistake is a kernel, compiled with the mistake's name defined.
 */
#include "kit.h"

#ifdef fault_frames
/* Has a frame pointer that points nowhere when it faults. */
void _start(const struct longjump_boot_info *info)
{
	(void)info;
	__asm__ volatile("movq %0, %%rbp; ud2" : : "r"(0xffffdeadbeef0000));
}
#endif

#ifdef fault_explainer
/* Damages what the explainer works with, so that it faults itself. */
#define FAULT_INFO 0x6b72616d646e616c /* "landmark"; the page tables follow, and more */

/* The table that an entry of another points at. */
static volatile uint64_t *table(const struct longjump_boot_info *info, uint64_t entry)
{
	return physical(info, entry & 0xffffffffff000);
}

void _start(const struct longjump_boot_info *info)
{
	for (uint64_t i = 0; i < info->memory_map_count; i++) {
		const struct longjump_memory *range = &info->memory_map[i];

		for (uint64_t at = range->begin;
		     range->type == LONGJUMP_MEMORY_RESIDENT && at < range->end; at += 8) {
			volatile uint64_t *word = physical(info, at);

			if (*word == FAULT_INFO && word[5] > word[4]) /* unmaps the fault info */
				table(info, table(info, table(info, word[1])[0])[0])[at >> 21] = 0;
		}
	}
	__builtin_trap();
}
#endif

#ifdef fault_info_overwritten
/* Overwrites what the explainer knows about the kernel: the word whose number is on the command
 * line. */
#define FAULT_INFO 0x6b72616d646e616c /* "landmark"; the page tables follow, and more */

void _start(const struct longjump_boot_info *info)
{
	uint64_t number = 0;

	for (const char *digit = info->command_line; *digit; digit++)
		number = number * 10 + (uint64_t)(*digit - '0');
	for (uint64_t i = 0; i < info->memory_map_count; i++) {
		const struct longjump_memory *range = &info->memory_map[i];

		for (uint64_t at = range->begin;
		     range->type == LONGJUMP_MEMORY_RESIDENT && at < range->end; at += 8) {
			volatile uint64_t *word = physical(info, at);

			if (*word == FAULT_INFO && word[5] > word[4])
				word[number] = ~word[number];
		}
	}
	__builtin_trap();
}
#endif

#ifdef fault_waits
/* Waits for ever, for tests that send an NMI or a machine check; if the command line says "lost",
 * without a stack. */
void _start(const struct longjump_boot_info *info)
{
	say("waiting\n");
	if (text_equal(info->command_line, "lost"))
		__asm__ volatile("movabs $0x5a5a5a5a5a5a5a50, %rsp\n1: hlt\n\tjmp 1b");
	for (;;)
		__asm__ volatile("hlt");
}
#endif

#ifdef fault_other_cpu
/* With -smp: has other CPUs commit the mistake that the command line names. Only the last of the
 * list does, unless the command line begins with "all". */
static volatile uint64_t deep;

static void write_to_null(void)
{
	*(volatile uint64_t *)address_of((void *)8) = 1;
}

__attribute__((noinline)) static void recurse(uint64_t depth)
{
	volatile uint64_t frame[16] = { depth };

	if (depth != UINT64_MAX)
		recurse(depth + 1);
	deep += frame[0];
}

static void null_work(struct longjump_processor *self)
{
	(void)self;
	write_to_null();
}

static void stack_work(struct longjump_processor *self)
{
	(void)self;
	recurse(0);
}

static void return_work(struct longjump_processor *self)
{
	(void)self;
}

void _start(const struct longjump_boot_info *info)
{
	longjump_work *work = text_equal(info->command_line, "stack")  ? stack_work
	                    : text_equal(info->command_line, "return") ? return_work
	                                                               : null_work;
	bool all = text_equal(info->command_line, "all");

	for (uint64_t i = 0; i < info->processor_count; i++) {
		if (info->processors[i].state == LONGJUMP_PROCESSOR_WAITS
		    && (all || i + 1 == info->processor_count))
			__atomic_store_n(&info->processors[i].start, work, __ATOMIC_SEQ_CST);
	}
	if (all)
		write_to_null();
	halt();
}
#endif
