/* SPDX-License-Identifier: MIT */
/*
 * fault_other_cpu.c - with -smp: has other CPUs commit the mistake that the command line names. All
 * but the last of the list make none of it, unless it begins with "all".
 */
#include "kit.h"

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
