/* SPDX-License-Identifier: MIT */
/* entry.c - proves the state of the CPU at a kernel's first instruction. */
#include "state.h"

static const char *const names[REGISTERS] = {
	"RAX", "RCX", "RDX", "RBX", "RSP", "RBP", "RSI", "RDI",
	"R8",  "R9",  "R10", "R11", "R12", "R13", "R14", "R15",
};

void check_entry(const struct longjump_boot_info *info);

NOTE_STATE(_start, check_entry);

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

/* Loads every segment register again with its own selector: the GDT must be in mapped memory, and
 * match. */
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
	EXPECT_EQUAL(state.rflags, 2);
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
