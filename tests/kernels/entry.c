/* SPDX-License-Identifier: MIT */
/* entry.c - proves the state of the CPU at a kernel's first instruction. */
#include "kit.h"

struct state {
	uint64_t info, rsp, rbp, rflags, cr0, cr3, cr4, return_address;
	uint32_t mxcsr;
	uint16_t x87_control;
};

extern volatile struct state state;
void check_entry(const struct longjump_boot_info *info);

/* Notes the state down before any compiled code changes it; state's layout is that of struct state.
 * */
__asm__(".pushsection .bss\n"
        ".balign 16\n"
        ".globl state\n"
        "state: .skip 80\n"
        ".popsection\n"
        ".pushsection .text\n"
        ".globl _start\n"
        "_start:\n"
        "mov %rdi, state(%rip)\n"
        "mov %rsp, state+8(%rip)\n"
        "mov %rbp, state+16(%rip)\n"
        "pushfq\n"
        "popq state+24(%rip)\n"
        "mov %cr0, %rax\n"
        "mov %rax, state+32(%rip)\n"
        "mov %cr3, %rax\n"
        "mov %rax, state+40(%rip)\n"
        "mov %cr4, %rax\n"
        "mov %rax, state+48(%rip)\n"
        "mov (%rsp), %rax\n"
        "mov %rax, state+56(%rip)\n"
        "stmxcsr state+64(%rip)\n"
        "fnstcw state+68(%rip)\n"
        "jmp check_entry\n"
        ".popsection\n");

_Static_assert(offsetof(struct state, return_address) == 56, "the assembly knows this layout");
_Static_assert(offsetof(struct state, x87_control) == 68, "the assembly knows this layout");

/* True if SSE2 arithmetic gives what it should. */
static bool sse_works(void)
{
	static const uint64_t a[2] __attribute__((aligned(16))) = { 1, 2 };
	uint64_t sum[2] __attribute__((aligned(16)));

	__asm__ volatile("movaps %1, %%xmm0; paddq %%xmm0, %%xmm0; movaps %%xmm0, %0"
	                 : "=m"(sum)
	                 : "m"(a)
	                 : "memory");
	return sum[0] == 2 && sum[1] == 4;
}

static bool x87_works(void)
{
	uint64_t eight;

	__asm__ volatile("fld1; fadd %%st, %%st; fmul %%st, %%st; fadd %%st, %%st; fistpll %0"
	                 : "=m"(eight));
	return eight == 8;
}

/* Loads every segment register again with what it holds: the GDT must be there, in mapped memory,
 * and fit. */
static void reload_segments(void)
{
	__asm__ volatile("mov %%ds, %%eax; mov %%eax, %%ds\n"
	                 "mov %%es, %%eax; mov %%eax, %%es\n"
	                 "mov %%fs, %%eax; mov %%eax, %%fs\n"
	                 "mov %%gs, %%eax; mov %%eax, %%gs\n"
	                 "mov %%ss, %%eax; mov %%eax, %%ss\n"
	                 "xor %%eax, %%eax; mov %%cs, %%eax; push %%rax\n"
	                 "lea 1f(%%rip), %%rax; push %%rax\n"
	                 "lretq\n"
	                 "1:"
	                 :
	                 :
	                 : "rax", "memory");
}

static uint64_t read_msr(uint32_t number)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(number));
	return (uint64_t)high << 32 | low;
}

void check_entry(const struct longjump_boot_info *info)
{
	tell(info);
	EXPECT_EQUAL(state.info, info);
	EXPECT_EQUAL(info->magic, LONGJUMP_MAGIC);
	EXPECT_EQUAL(state.rsp % 16, 8);
	EXPECT(state.rsp > info->stack_begin && state.rsp < info->stack_end);
	EXPECT(state.return_address != 0);
	EXPECT_EQUAL(state.rbp, 0);
	EXPECT_EQUAL(state.rflags & (1 << 9), 0);          /* IF */
	EXPECT_EQUAL(state.rflags & (1 << 10), 0);         /* DF */
	EXPECT_EQUAL(state.rflags & (1 << 8), 0);          /* TF */
	EXPECT_EQUAL(state.cr0 & 0x80010001, 0x80010001);  /* PG, WP, PE */
	EXPECT_EQUAL(state.cr0 & 0x6000000e, 0x00000002);  /* caches on, MP, neither EM nor TS */
	EXPECT_EQUAL(state.cr4 & 0x620, 0x620);            /* PAE, OSFXSR, OSXMMEXCPT */
	EXPECT_EQUAL(state.cr4 & 0x1000, 0);               /* 4 levels */
	EXPECT_EQUAL(read_msr(0xc0000080) & 0xd00, 0xd00); /* EFER: LME, LMA, NXE */
	EXPECT_EQUAL(state.mxcsr, 0x1f80);
	EXPECT_EQUAL(state.x87_control, 0x37f);
	EXPECT(sse_works());
	EXPECT(x87_works());
	reload_segments();
	expect(true, "every segment register can be loaded again");
	finish();
}
