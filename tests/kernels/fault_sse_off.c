/* SPDX-License-Identifier: MIT */
/* fault_sse_off.c - commits the mistake of using SSE after switching it off. */
#include "kit.h"

void _start(const struct longjump_boot_info *info)
{
	uint64_t cr4;

	(void)info;
	__asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
	__asm__ volatile("mov %0, %%cr4" : : "r"(cr4 & ~0x200UL));
	__asm__ volatile("xorps %xmm0, %xmm0");
	finish();
}
