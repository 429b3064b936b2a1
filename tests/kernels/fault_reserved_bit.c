/* SPDX-License-Identifier: MIT */
/* fault_reserved_bit.c - sets a bit in a page table that must be 0. */
#include "kit.h"

void _start(const struct longjump_boot_info *info)
{
	uint64_t cr3;
	volatile uint64_t *top;

	__asm__ volatile("mov %%cr3, %0" : "=r"(cr3));
	top = (volatile uint64_t *)(info->direct_map + cr3);
	top[1] = 0x83 | 1UL << 7;
	*(volatile uint64_t *)(1UL << 39) = 1;
	finish();
}
