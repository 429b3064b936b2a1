/* SPDX-License-Identifier: MIT */
/*
 * smp.c - with -smp: gives each of the other CPUs work, one after the other, and compares the state
 * in which they begin it with the first one's.
 */
#include "state.h"

#define MAX_CPUS 64

/* What a CPU finds. */
static volatile struct {
	struct cpu cpu;
	uint64_t rsp;
	bool done;
} found[MAX_CPUS];

/* Where the other CPUs begin. */
void work_entry(struct longjump_processor *self);
void work(struct longjump_processor *self, uint64_t rsp);

NOTE_STACK(work_entry, work);

void work(struct longjump_processor *self, uint64_t rsp)
{
	read_cpu(&found[self->argument].cpu);
	found[self->argument].rsp = rsp;
	found[self->argument].done = true;
	halt();
}

/* Gives a CPU work, and waits until it is done; all of the CPU's stack can be written. */
static void employ(uint64_t number, struct longjump_processor *processor)
{
	EXPECT_EQUAL(processor->state, LONGJUMP_PROCESSOR_WAITS);
	EXPECT_EQUAL((uint64_t)processor->start, 0);
	processor->argument = number;
	__atomic_store_n(&processor->start, work_entry, __ATOMIC_SEQ_CST);
	while (!found[number].done)
		__asm__ volatile("pause");
	expect_like(&found[number].cpu, &found[0].cpu);
	EXPECT_EQUAL(found[number].cpu.apic_id, processor->apic_id & 0xff);
	EXPECT_EQUAL(found[number].rsp, processor->stack_end - 8);
	*(volatile uint64_t *)processor->stack_begin = 1;
}

void _start(const struct longjump_boot_info *info)
{
	struct longjump_processor *list = info->processors;
	uint64_t next = 1;

	EXPECT(LONGJUMP_HAS(info, processor_count));
	read_cpu(&found[0].cpu);
	say("cpus=%lu\nx2apic=%lu\n", info->processor_count, found[0].cpu.apic_base >> 10 & 1);
	for (uint64_t i = 0; i < info->processor_count; i++) {
		say("cpu=%u %u %u\n", list[i].apic_id, list[i].number, list[i].state);
		EXPECT_EQUAL(list[i].reserved, 0);
		for (uint64_t j = 0; j < i; j++)
			EXPECT(list[j].stack_end < list[i].stack_begin
			       || list[i].stack_end < list[j].stack_begin);
		EXPECT_EQUAL(list[i].stack_end - list[i].stack_begin,
		             info->stack_end - info->stack_begin);
		if (list[i].state == LONGJUMP_PROCESSOR_FIRST)
			EXPECT_EQUAL(list[i].stack_begin, info->stack_begin);
		else
			employ(next++, &list[i]);
	}
	if (info->processor_count != 0)
		EXPECT_EQUAL(next, info->processor_count);
	finish();
}
