/* SPDX-License-Identifier: MIT */
/* fault_fpu_off.c - commits the mistake of computing while CR0.TS is set. */
#include "kit.h"

void _start(const struct longjump_boot_info *info)
{
	uint64_t cr0;

	(void)info;
	__asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
	__asm__ volatile("mov %0, %%cr0" : : "r"(cr0 | 8));
	__asm__ volatile("fld1");
	finish();
}
