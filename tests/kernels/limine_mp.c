/* SPDX-License-Identifier: MIT */
/*
 * limine_mp.c - asks for all CPUs, gives each of them work, and checks the state in which they
 * begin it.
 */
#include "limine.h"
#include "state.h"

#define MAX_CPUS 64

#ifndef REVISION
#define REVISION 3
#endif

/* What a CPU finds when it is given work. */
static volatile struct {
	struct cpu cpu;
	uint64_t rsp, back;
	bool done;
} found[MAX_CPUS];

static volatile struct {
	uint64_t revision[3];
	REQUEST_FOR(number_answer) hhdm;
#ifdef KEEP_IOMMU
	REQUEST_FOR(number_answer) keep_iommu;
#endif
	struct {
		REQUEST_FOR(mp_answer) head;
		uint64_t flags;
	} mp;
} asked __attribute__((aligned(8))) = {
	.revision = BASE_REVISION(REVISION),
	.hhdm.id = ID_HHDM,
#ifdef KEEP_IOMMU
	.keep_iommu.id = ID_KEEP_IOMMU,
#endif
#ifdef X2APIC
	.mp = { .head.id = ID_MP, .flags = 1 },
#else
	.mp.head.id = ID_MP,
#endif
};

/* Where the other CPUs begin: RDI = their structure, 0 on the stack. */
void work_entry(struct processor *self);
void work(struct processor *self, const uint64_t *frame);

NOTE_STACK(work_entry, work);

void work(struct processor *self, const uint64_t *frame)
{
	read_cpu(&found[self->argument].cpu);
	found[self->argument].rsp = (uint64_t)frame;
	found[self->argument].back = *frame;
	found[self->argument].done = true;
	halt();
}

/* Gives a CPU work, and compares its state with that of the first CPU. */
static void employ(uint64_t number, struct processor *processor)
{
	EXPECT_EQUAL(processor->go, 0);
	processor->argument = number;
	__atomic_store_n(&processor->go, work_entry, __ATOMIC_SEQ_CST);
	while (!found[number].done)
		__asm__ volatile("pause");
	say("cpu=%u %u\n", processor->processor, processor->lapic);
	expect_like(&found[number].cpu, &found[0].cpu);
	EXPECT_EQUAL(found[number].cpu.apic_id, processor->lapic);
	EXPECT_EQUAL(found[number].cpu.cs, 0x28);
	EXPECT_EQUAL(found[number].cpu.ss, 0x30);
	EXPECT_EQUAL(found[number].cpu.ds, 0x30);
	EXPECT_EQUAL(found[number].rsp % 16, 8);
	EXPECT_EQUAL(found[number].back, 0);
	for (uint64_t other = 1; other < number; other++)
		EXPECT((found[other].rsp >> 16) != (found[number].rsp >> 16));
	*(volatile uint64_t *)(found[number].rsp + 8 - 65536) = 1;
}

void _start(const struct longjump_boot_info *info)
{
	const struct mp_answer *mp = asked.mp.head.answer;
	uint64_t next = 1;

	(void)info;
	read_cpu(&found[0].cpu);
	EXPECT_EQUAL(asked.revision[2], 0);
	EXPECT(mp != NULL);
	say("count=%lu\nflags=%u\nbsp=%u\n", mp->count, mp->flags, mp->bsp_lapic);
	say("mtrr=%lx %lx\n", read_msr(0x20e), read_msr(0x20f));
	EXPECT_EQUAL(mp->bsp_lapic, found[0].cpu.apic_id);
	EXPECT_EQUAL(found[0].cpu.apic_base >> 10 & 1, mp->flags & 1);
	for (uint64_t i = 0; i < mp->count; i++)
		if (mp->list[i]->lapic != mp->bsp_lapic)
			employ(next++, mp->list[i]);
	EXPECT_EQUAL(next, mp->count);
	finish();
}
