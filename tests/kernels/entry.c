/* SPDX-License-Identifier: MIT */
/* entry.c - proves the state of the CPU at a kernel's first instruction. */
#include "kit.h"

enum { RSP = 4, RDI = 7, REGISTERS = 16 };

static const char *const names[REGISTERS] = {
	"RAX", "RCX", "RDX", "RBX", "RSP", "RBP", "RSI", "RDI",
	"R8",  "R9",  "R10", "R11", "R12", "R13", "R14", "R15",
};

struct state {
	uint64_t registers[REGISTERS], rflags, cr0, cr4, return_address;
	uint32_t mxcsr;
	uint16_t x87_control, tr;
};

extern volatile struct state state;
void check_entry(const struct longjump_boot_info *info);

/* Notes the state down before any compiled code changes it, with the layout of struct state. */
__asm__(".pushsection .bss\n"
        ".balign 16\n"
        ".globl state\n"
        "state: .skip 176\n"
        ".popsection\n"
        ".pushsection .text\n"
        ".globl _start\n"
        "_start:\n"
        "mov %rax, state(%rip)\n"
        "mov %rcx, state+8(%rip)\n"
        "mov %rdx, state+16(%rip)\n"
        "mov %rbx, state+24(%rip)\n"
        "mov %rsp, state+32(%rip)\n"
        "mov %rbp, state+40(%rip)\n"
        "mov %rsi, state+48(%rip)\n"
        "mov %rdi, state+56(%rip)\n"
        "mov %r8, state+64(%rip)\n"
        "mov %r9, state+72(%rip)\n"
        "mov %r10, state+80(%rip)\n"
        "mov %r11, state+88(%rip)\n"
        "mov %r12, state+96(%rip)\n"
        "mov %r13, state+104(%rip)\n"
        "mov %r14, state+112(%rip)\n"
        "mov %r15, state+120(%rip)\n"
        "pushfq\n"
        "popq state+128(%rip)\n"
        "mov %cr0, %rax\n"
        "mov %rax, state+136(%rip)\n"
        "mov %cr4, %rax\n"
        "mov %rax, state+144(%rip)\n"
        "mov (%rsp), %rax\n"
        "mov %rax, state+152(%rip)\n"
        "stmxcsr state+160(%rip)\n"
        "fnstcw state+164(%rip)\n"
        "str state+166(%rip)\n"
        "jmp check_entry\n"
        ".popsection\n");

_Static_assert(offsetof(struct state, return_address) == 152, "the assembly knows this layout");
_Static_assert(offsetof(struct state, tr) == 166, "the assembly knows this layout");

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

/* A segment register's selector. */
#define SELECTOR(name)                                           \
	({                                                       \
		uint64_t selector;                               \
		__asm__("mov %%" #name ", %0" : "=r"(selector)); \
		selector;                                        \
	})

static void check_registers(const struct longjump_boot_info *info)
{
	EXPECT_EQUAL(state.registers[RDI], info);
	EXPECT_EQUAL(state.registers[RDI] % 8, 0);
	EXPECT_EQUAL(state.registers[RSP], info->stack_end - 8);
	EXPECT_EQUAL(state.registers[RSP] % 16, 8);
	EXPECT(state.return_address != 0);
	for (int i = 0; i < REGISTERS; i++)
		if (i != RDI && i != RSP)
			expect_equal(state.registers[i], 0, names[i]);
	EXPECT_EQUAL(state.rflags & 0x200, 0);  /* IF */
	EXPECT_EQUAL(state.rflags & 0x400, 0);  /* DF */
	EXPECT_EQUAL(state.rflags & 0x100, 0);  /* TF */
	EXPECT_EQUAL(state.rflags & 0x3000, 0); /* IOPL */
}

static void check_system_state(const struct longjump_boot_info *info)
{
	EXPECT_EQUAL(state.cr0, 0x80010033); /* PG, WP, NE, ET, MP, PE */
	EXPECT_EQUAL(state.cr4, info->paging_levels == 5 ? 0x1660 : 0x660);
	EXPECT_EQUAL(read_msr(0xc0000080), 0xd00);      /* EFER: LME, LMA, NXE */
	EXPECT_EQUAL(read_msr(0x277), 0x7010500070406); /* PAT */
	EXPECT_EQUAL(read_msr(0xc0000100), 0);          /* FS.base */
	EXPECT_EQUAL(read_msr(0xc0000101), 0);          /* GS.base */
	EXPECT_EQUAL(state.mxcsr, 0x1f80);
	EXPECT_EQUAL(state.x87_control, 0x37f);
	EXPECT_EQUAL(state.tr, 0x18);
	EXPECT_EQUAL(SELECTOR(cs), 0x08);
	EXPECT_EQUAL(SELECTOR(ss), 0x10);
	EXPECT_EQUAL(SELECTOR(ds), 0x10);
	EXPECT_EQUAL(SELECTOR(es), 0x10);
	EXPECT_EQUAL(SELECTOR(fs), 0x10);
	EXPECT_EQUAL(SELECTOR(gs), 0x10);
}

void check_entry(const struct longjump_boot_info *info)
{
	tell(info);
	EXPECT_EQUAL(info->magic, LONGJUMP_MAGIC);
	check_registers(info);
	check_system_state(info);
	EXPECT(sse_works());
	EXPECT(x87_works());
	reload_segments();
	expect(true, "every segment register can be loaded again");
	finish();
}
