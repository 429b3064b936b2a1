/* SPDX-License-Identifier: MIT */
/*
 * state.h - the CPU's state: as a kernel finds it at its first instruction, and as any CPU that is
 * given work finds it.
 */
#ifndef STATE_H
#define STATE_H

#include "kit.h"

enum { RSP = 4, RDI = 7, REGISTERS = 16, CR4_OSFXSR = 1 << 9 };

struct state {
	uint64_t registers[REGISTERS], rflags, cr0, cr4, return_address;
	uint32_t mxcsr;
	uint16_t x87_control, tr;
};
_Static_assert(offsetof(struct state, return_address) == 152, "NOTE_STATE knows this layout");
_Static_assert(offsetof(struct state, tr) == 166, "NOTE_STATE knows this layout");

extern volatile struct state state;

/* The entry point `entry`: notes the state before any compiled code changes it, and continues at
 * `next` with the same RDI and RSP. */
#define NOTE_STATE(entry, next)                    \
	__asm__(".pushsection .bss\n"              \
	        ".balign 16\n"                     \
	        ".globl state\n"                   \
	        "state: .skip 176\n"               \
	        ".popsection\n"                    \
	        ".pushsection .text\n"             \
	        ".globl " #entry "\n" #entry ":\n" \
	        "mov %rax, state+0(%rip)\n"        \
	        "mov %rcx, state+8(%rip)\n"        \
	        "mov %rdx, state+16(%rip)\n"       \
	        "mov %rbx, state+24(%rip)\n"       \
	        "mov %rsp, state+32(%rip)\n"       \
	        "mov %rbp, state+40(%rip)\n"       \
	        "mov %rsi, state+48(%rip)\n"       \
	        "mov %rdi, state+56(%rip)\n"       \
	        "mov %r8, state+64(%rip)\n"        \
	        "mov %r9, state+72(%rip)\n"        \
	        "mov %r10, state+80(%rip)\n"       \
	        "mov %r11, state+88(%rip)\n"       \
	        "mov %r12, state+96(%rip)\n"       \
	        "mov %r13, state+104(%rip)\n"      \
	        "mov %r14, state+112(%rip)\n"      \
	        "mov %r15, state+120(%rip)\n"      \
	        "pushfq\n"                         \
	        "popq state+128(%rip)\n"           \
	        "mov %cr0, %rax\n"                 \
	        "mov %rax, state+136(%rip)\n"      \
	        "mov %cr4, %rax\n"                 \
	        "mov %rax, state+144(%rip)\n"      \
	        "mov (%rsp), %rcx\n"               \
	        "mov %rcx, state+152(%rip)\n"      \
	        "test $0x200, %eax\n"              \
	        "jz 1f\n"                          \
	        "stmxcsr state+160(%rip)\n"        \
	        "1:\n"                             \
	        "fnstcw state+164(%rip)\n"         \
	        "str state+166(%rip)\n"            \
	        "jmp " #next "\n"                  \
	        ".popsection\n")

static inline uint64_t read_msr(uint32_t number)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(number));
	return (uint64_t)high << 32 | low;
}

/* What sgdt and sidt write. */
struct __attribute__((packed)) table {
	uint16_t limit;
	uint64_t base;
};

/* What can be read of a CPU at any time. */
struct cpu {
	uint64_t cr0, cr3, cr4, efer, pat, apic_base, mtrrs, rflags;
	struct table gdt, idt;
	uint32_t mxcsr, apic_id;
	uint16_t cs, ss, ds, es, fs, gs, tr, ldt;
};

/* All memory type range registers (SDM volume 3A, 12.11.2) as one number. */
static inline uint64_t sum_mtrrs(void)
{
	static const uint32_t fixed[] = { 0x2ff, 0x250, 0x258, 0x259, 0x268, 0x269,
		                          0x26a, 0x26b, 0x26c, 0x26d, 0x26e, 0x26f };
	uint32_t pairs = read_msr(0xfe) & 0xff;
	uint64_t sum = 0;

	for (unsigned int i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		sum = sum * 31 + read_msr(fixed[i]);
	for (uint32_t i = 0; i < 2 * pairs; i++)
		sum = sum * 31 + read_msr(0x200 + i);
	return sum;
}

/* Notes the state of the CPU that runs this. */
static inline void read_cpu(volatile struct cpu *cpu)
{
	uint32_t eax = 1, ebx, ecx = 0, edx;

	__asm__ volatile("mov %%cr0, %0" : "=r"(cpu->cr0));
	__asm__ volatile("mov %%cr3, %0" : "=r"(cpu->cr3));
	__asm__ volatile("mov %%cr4, %0" : "=r"(cpu->cr4));
	__asm__ volatile("mov %%cs, %0" : "=r"(cpu->cs));
	__asm__ volatile("mov %%ss, %0" : "=r"(cpu->ss));
	__asm__ volatile("mov %%ds, %0" : "=r"(cpu->ds));
	__asm__ volatile("mov %%es, %0" : "=r"(cpu->es));
	__asm__ volatile("mov %%fs, %0" : "=r"(cpu->fs));
	__asm__ volatile("mov %%gs, %0" : "=r"(cpu->gs));
	__asm__ volatile("str %0" : "=r"(cpu->tr));
	__asm__ volatile("sldt %0" : "=r"(cpu->ldt));
	__asm__ volatile("sgdt %0" : "=m"(cpu->gdt));
	__asm__ volatile("sidt %0" : "=m"(cpu->idt));
	if ((cpu->cr4 & CR4_OSFXSR) != 0)
		__asm__ volatile("stmxcsr %0" : "=m"(cpu->mxcsr));
	__asm__ volatile("pushfq; popq %0" : "=r"(cpu->rflags));
	__asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
	cpu->apic_id = ebx >> 24;
	cpu->efer = read_msr(0xc0000080);
	cpu->pat = read_msr(0x277);
	cpu->apic_base = read_msr(0x1b);
	cpu->mtrrs = sum_mtrrs();
}

/* The top of the stack that the CPU's TSS has for handlers under this number, 1 to 4 (SDM volume
 * 3A, figure 8-11). */
static inline uint64_t handler_stack(const volatile struct cpu *cpu, unsigned number)
{
	const volatile uint64_t *entry = (const volatile uint64_t *)(cpu->gdt.base + cpu->tr);
	uint64_t task = (entry[0] >> 16 & 0xffffff) | entry[0] >> 56 << 24 | entry[1] << 32;

	return *(const volatile uint64_t *)(task + 28 + 8 * number);
}

/* No stack for handlers may overlap another, of the same or of the other CPU. */
static inline void expect_own_stacks(const volatile struct cpu *other,
                                     const volatile struct cpu *first)
{
	for (unsigned i = 0; i < 8; i++) {
		uint64_t one = handler_stack(i < 4 ? other : first, i % 4 + 1);

		for (unsigned j = 0; j < i; j++) {
			uint64_t two = handler_stack(j < 4 ? other : first, j % 4 + 1);

			EXPECT((one > two ? one - two : two - one) >= 256);
		}
	}
}

/* Compares another CPU with the first: they must differ only in their own stacks and tables. */
static inline void expect_like(const volatile struct cpu *other, const volatile struct cpu *first)
{
	EXPECT_EQUAL(other->cr0, first->cr0);
	EXPECT_EQUAL(other->cr3, first->cr3);
	EXPECT_EQUAL(other->cr4, first->cr4);
	EXPECT_EQUAL(other->efer, first->efer);
	EXPECT_EQUAL(other->pat, first->pat);
	EXPECT_EQUAL(other->apic_base & 0xc00, first->apic_base & 0xc00); /* its mode */
	EXPECT_EQUAL(other->mtrrs, first->mtrrs);
	EXPECT_EQUAL(other->mxcsr, first->mxcsr);
	EXPECT_EQUAL(other->rflags & 0x700, 0); /* IF, DF, TF */
	EXPECT_EQUAL(other->cs, first->cs);
	EXPECT_EQUAL(other->ss, first->ss);
	EXPECT_EQUAL(other->ds, first->ds);
	EXPECT_EQUAL(other->es, first->es);
	EXPECT_EQUAL(other->fs, first->fs);
	EXPECT_EQUAL(other->gs, first->gs);
	EXPECT_EQUAL(other->tr, first->tr);
	EXPECT_EQUAL(other->ldt, first->ldt);
	EXPECT_EQUAL(other->gdt.limit, first->gdt.limit);
	EXPECT(other->gdt.base != first->gdt.base);
	if (first->idt.limit != 0) /* faults are explained */
		expect_own_stacks(other, first);
	EXPECT_EQUAL(other->idt.base, first->idt.base);
	EXPECT_EQUAL(other->idt.limit, first->idt.limit);
}

/* The function `entry`, which calls nothing and continues at `next`, with RSP as its second
 * argument. */
#define NOTE_STACK(entry, next)                                   \
	__asm__(".pushsection .text\n"                            \
	        ".globl " #entry "\n" #entry ": mov %rsp, %rsi\n" \
	        "jmp " #next "\n"                                 \
	        ".popsection\n")

#endif
