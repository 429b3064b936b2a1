/* SPDX-License-Identifier: MIT */
/*
 * faults_instruction.c - instructions that the CPU does not have or that its state does not allow,
 * and arithmetic. Each mistake is a kernel, compiled with the mistake's name defined.
 */
#include "kit.h"

#ifdef fault_ud2
/* Comes to a place that the compiler was told cannot be reached. */
void _start(const struct longjump_boot_info *info)
{
	(void)info;
	__builtin_trap();
}
#endif

#ifdef fault_opcode
/* Executes an instruction that 64-bit mode does not have. */
void _start(const struct longjump_boot_info *info)
{
	(void)info;
	__asm__ volatile(".byte 0x06"); /* push es */
	finish();
}
#endif

#ifdef fault_divide
/* Commits the mistake of dividing by zero. */
static volatile uint32_t total = 100, count;

void _start(const struct longjump_boot_info *info)
{
	(void)info;
	say("on average %u\n", total / count);
	finish();
}
#endif

#ifdef fault_breakpoint
/* Has a breakpoint left in it. */
void _start(const struct longjump_boot_info *info)
{
	(void)info;
	__asm__ volatile("int3");
	finish();
}
#endif

#ifdef fault_single_step
/* Loads RFLAGS with one bit too many. */
void _start(const struct longjump_boot_info *info)
{
	(void)info;
	__asm__ volatile("pushfq; orq $0x100, (%rsp); popfq; nop; nop");
	finish();
}
#endif

#ifdef fault_sse_off
/* Commits the mistake of using SSE after switching it off. */
void _start(const struct longjump_boot_info *info)
{
	uint64_t cr4;

	(void)info;
	__asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
	__asm__ volatile("mov %0, %%cr4" : : "r"(cr4 & ~0x200UL));
	__asm__ volatile("xorps %xmm0, %xmm0");
	finish();
}
#endif

#ifdef fault_avx_off
/* Commits the mistake of using AVX before switching it on. */
void _start(const struct longjump_boot_info *info)
{
	(void)info;
	__asm__ volatile("vzeroupper");
	finish();
}
#endif

#ifdef fault_fpu_off
/* Commits the mistake of computing while CR0.TS is set. */
void _start(const struct longjump_boot_info *info)
{
	uint64_t cr0;

	(void)info;
	__asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
	__asm__ volatile("mov %0, %%cr0" : : "r"(cr0 | 8));
	__asm__ volatile("fld1");
	finish();
}
#endif

#ifdef fault_simd
/* Divides by zero with SSE, with the exception unmasked. */
void _start(const struct longjump_boot_info *info)
{
	uint32_t mxcsr = 0x1d80, one = 0x3f800000;

	(void)info;
	__asm__ volatile("ldmxcsr %0\n\t"
	                 "movss %1, %%xmm0\n\t"
	                 "xorps %%xmm1, %%xmm1\n\t"
	                 "divss %%xmm1, %%xmm0"
	                 :
	                 : "m"(mxcsr), "m"(one));
	finish();
}
#endif

#ifdef fault_x87
/* Divides by zero in the FPU, with the exception unmasked. */
void _start(const struct longjump_boot_info *info)
{
	uint16_t control = 0x37b;

	(void)info;
	__asm__ volatile("fldcw %0; fld1; fldz; fdivrp; fwait" : : "m"(control));
	finish();
}
#endif
