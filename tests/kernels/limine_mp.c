/* SPDX-License-Identifier: MIT */
/*
 * limine_mp.c - asks for all CPUs, gives each of them work, and holds the state in which they get
 * to it.
 */
#include "kit.h"
#include "limine.h"

#define MAX_CPUS 64

/* What a CPU finds when it is given work. */
static volatile struct {
	uint64_t cr0, cr4, cr3, efer, pat, apic_base, rsp, rflags, back;
	uint16_t cs, ss, ds;
	uint32_t lapic;
	bool done;
} found[MAX_CPUS];

static volatile struct {
	uint64_t revision[3];
	REQUEST_FOR(number_answer) hhdm;
	struct {
		REQUEST_FOR(mp_answer) head;
		uint64_t flags;
	} mp;
} asked __attribute__((aligned(8))) = {
	.revision = BASE_REVISION(3),
	.hhdm.id = ID_HHDM,
#ifdef X2APIC
	.mp = { .head.id = ID_MP, .flags = 1 },
#else
	.mp.head.id = ID_MP,
#endif
};

static uint64_t read_msr(uint32_t number)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(number));
	return (uint64_t)high << 32 | low;
}

/* Notes the state of the CPU that runs this. */
static void note(uint64_t number, const uint64_t *frame)
{
	uint32_t eax = 1, ebx, ecx = 0, edx;

	__asm__ volatile("mov %%cr0, %0" : "=r"(found[number].cr0));
	__asm__ volatile("mov %%cr4, %0" : "=r"(found[number].cr4));
	__asm__ volatile("mov %%cr3, %0" : "=r"(found[number].cr3));
	__asm__ volatile("mov %%cs, %0" : "=r"(found[number].cs));
	__asm__ volatile("mov %%ss, %0" : "=r"(found[number].ss));
	__asm__ volatile("mov %%ds, %0" : "=r"(found[number].ds));
	__asm__ volatile("pushfq; popq %0" : "=r"(found[number].rflags));
	__asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
	found[number].lapic = ebx >> 24;
	found[number].efer = read_msr(0xc0000080);
	found[number].pat = read_msr(0x277);
	found[number].apic_base = read_msr(0x1b);
	found[number].rsp = (uint64_t)frame;
	found[number].back = *frame;
	found[number].done = true;
}

/* Where the other CPUs begin: RDI = their structure, 0 on the stack. */
void work(struct cpu *cpu, const uint64_t *frame);
void work(struct cpu *cpu, const uint64_t *frame)
{
	note(cpu->argument, frame);
	halt();
}

extern void work_entry(struct cpu *cpu);
__asm__(".pushsection .text\n"
        ".globl work_entry\n"
        "work_entry: mov %rsp, %rsi\n"
        "jmp work\n"
        ".popsection\n");

/* Gives a CPU work, and holds what it finds against what the first CPU has. */
static void employ(uint64_t number, struct cpu *cpu)
{
	EXPECT_EQUAL(cpu->go, 0);
	cpu->argument = number;
	__atomic_store_n(&cpu->go, work_entry, __ATOMIC_SEQ_CST);
	while (!found[number].done)
		__asm__ volatile("pause");
	say("cpu=%u %u\n", cpu->processor, cpu->lapic);
	EXPECT_EQUAL(found[number].lapic, cpu->lapic);
	EXPECT_EQUAL(found[number].cr0, found[0].cr0);
	EXPECT_EQUAL(found[number].cr4, found[0].cr4);
	EXPECT_EQUAL(found[number].cr3, found[0].cr3);
	EXPECT_EQUAL(found[number].efer, found[0].efer);
	EXPECT_EQUAL(found[number].pat, found[0].pat);
	EXPECT_EQUAL(found[number].apic_base & 0xc00, found[0].apic_base & 0xc00);
	EXPECT_EQUAL(found[number].rflags & 0x700, 0);
	EXPECT_EQUAL(found[number].cs, 0x28);
	EXPECT_EQUAL(found[number].ss, 0x30);
	EXPECT_EQUAL(found[number].ds, 0x30);
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
	note(0, (const uint64_t *)__builtin_frame_address(0));
	EXPECT_EQUAL(asked.revision[2], 0);
	EXPECT(mp != NULL);
	say("count=%lu\nflags=%u\nbsp=%u\n", mp->count, mp->flags, mp->bsp_lapic);
	EXPECT_EQUAL(mp->bsp_lapic, found[0].lapic);
	EXPECT_EQUAL(found[0].apic_base >> 10 & 1, mp->flags & 1);
	for (uint64_t i = 0; i < mp->count; i++)
		if (mp->list[i]->lapic != mp->bsp_lapic)
			employ(next++, mp->list[i]);
	EXPECT_EQUAL(next, mp->count);
	finish();
}
