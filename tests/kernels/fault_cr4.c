/* SPDX-License-Identifier: MIT */
/* fault_cr4.c - sets a bit of CR4 that no CPU has. */
#include "kit.h"

void _start(const struct longjump_boot_info *info)
{
	uint64_t cr4;

	(void)info;
	__asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
	__asm__ volatile("mov %0, %%cr4" : : "r"(cr4 | 1UL << 31));
	finish();
}
