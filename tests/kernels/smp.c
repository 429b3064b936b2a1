/* SPDX-License-Identifier: MIT */
/*
 * smp.c - with -smp: gives each of the other CPUs work, one after the other, and holds the state in
 * which they get to it against the first one's.
 */
#include "kit.h"

#define MAX_CPUS      64
#define MSR_APIC_BASE 0x1b
#define MSR_PAT       0x277
#define MSR_EFER      0xc0000080

/* What sgdt and sidt write. */
struct __attribute__((packed)) table {
	uint16_t limit;
	uint64_t base;
};

/* What a CPU finds. */
static volatile struct {
	uint64_t cr0, cr4, cr3, efer, pat, apic_base, rsp, rflags, mxcsr;
	uint16_t cs, ss, ds, es, fs, gs, tr, ldt;
	struct table gdt, idt;
	uint32_t apic_id;
	bool done;
} found[MAX_CPUS];

static uint64_t read_msr(uint32_t number)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(number));
	return (uint64_t)high << 32 | low;
}

/* Notes the state of the CPU that runs this. */
static void note(uint64_t number, uint64_t rsp)
{
	uint32_t eax = 1, ebx, ecx = 0, edx;

	__asm__ volatile("mov %%cr0, %0" : "=r"(found[number].cr0));
	__asm__ volatile("mov %%cr4, %0" : "=r"(found[number].cr4));
	__asm__ volatile("mov %%cr3, %0" : "=r"(found[number].cr3));
	__asm__ volatile("mov %%cs, %0" : "=r"(found[number].cs));
	__asm__ volatile("mov %%ss, %0" : "=r"(found[number].ss));
	__asm__ volatile("mov %%ds, %0" : "=r"(found[number].ds));
	__asm__ volatile("mov %%es, %0" : "=r"(found[number].es));
	__asm__ volatile("mov %%fs, %0" : "=r"(found[number].fs));
	__asm__ volatile("mov %%gs, %0" : "=r"(found[number].gs));
	__asm__ volatile("str %0" : "=r"(found[number].tr));
	__asm__ volatile("sldt %0" : "=r"(found[number].ldt));
	__asm__ volatile("sgdt %0" : "=m"(found[number].gdt));
	__asm__ volatile("sidt %0" : "=m"(found[number].idt));
	__asm__ volatile("stmxcsr %0" : "=m"(found[number].mxcsr));
	__asm__ volatile("pushfq; popq %0" : "=r"(found[number].rflags));
	__asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
	found[number].apic_id = ebx >> 24;
	found[number].efer = read_msr(MSR_EFER);
	found[number].pat = read_msr(MSR_PAT);
	found[number].apic_base = read_msr(MSR_APIC_BASE);
	found[number].rsp = rsp;
	found[number].done = true;
}

/* Where the other CPUs begin: RDI is their structure, RSP comes as the second argument. */
void work(struct longjump_processor *self, uint64_t rsp);
void work(struct longjump_processor *self, uint64_t rsp)
{
	note(self->argument, rsp);
	halt();
}

extern void work_entry(struct longjump_processor *self);
__asm__(".pushsection .text\n"
        ".globl work_entry\n"
        "work_entry: mov %rsp, %rsi\n"
        "jmp work\n"
        ".popsection\n");

/* Holds what the CPU found against what the first one did. */
static void compare(uint64_t number, const struct longjump_processor *processor)
{
	EXPECT_EQUAL(found[number].apic_id, processor->apic_id & 0xff);
	EXPECT_EQUAL(found[number].cr0, found[0].cr0);
	EXPECT_EQUAL(found[number].cr4, found[0].cr4);
	EXPECT_EQUAL(found[number].cr3, found[0].cr3);
	EXPECT_EQUAL(found[number].efer, found[0].efer);
	EXPECT_EQUAL(found[number].pat, found[0].pat);
	EXPECT_EQUAL(found[number].mxcsr, found[0].mxcsr);
	EXPECT_EQUAL(found[number].apic_base & 0xc00, found[0].apic_base & 0xc00);
	EXPECT_EQUAL(found[number].rflags & 0x700, 0);
	EXPECT_EQUAL(found[number].cs, found[0].cs);
	EXPECT_EQUAL(found[number].ss, found[0].ss);
	EXPECT_EQUAL(found[number].ds, found[0].ds);
	EXPECT_EQUAL(found[number].es, found[0].es);
	EXPECT_EQUAL(found[number].fs, found[0].fs);
	EXPECT_EQUAL(found[number].gs, found[0].gs);
	EXPECT_EQUAL(found[number].tr, found[0].tr);
	EXPECT_EQUAL(found[number].ldt, found[0].ldt);
	EXPECT_EQUAL(found[number].gdt.limit, found[0].gdt.limit);
	EXPECT(found[number].gdt.base != found[0].gdt.base);
	EXPECT_EQUAL(found[number].idt.base, found[0].idt.base);
	EXPECT_EQUAL(found[number].idt.limit, found[0].idt.limit);
	EXPECT_EQUAL(found[number].rsp, processor->stack_end - 8);
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
	compare(number, processor);
	*(volatile uint64_t *)processor->stack_begin = 1;
}

void _start(const struct longjump_boot_info *info)
{
	struct longjump_processor *list = info->processors;
	uint64_t next = 1;

	EXPECT(LONGJUMP_HAS(info, processor_count));
	note(0, 0);
	say("cpus=%lu\nx2apic=%lu\n", info->processor_count, found[0].apic_base >> 10 & 1);
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
