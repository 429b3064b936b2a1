/* SPDX-License-Identifier: MIT */
/* fault_own_tables.c - loads page tables without the direct map, and goes on using it. */
#include "kit.h"

static uint64_t top[512] __attribute__((aligned(4096)));

void _start(const struct longjump_boot_info *info)
{
	uint64_t cr3, slide = info->direct_map;
	const volatile uint64_t *first;

	__asm__ volatile("mov %%cr3, %0" : "=r"(cr3));
	first = (const volatile uint64_t *)(slide + cr3);
	for (unsigned i = 0; i < 512; i++)
		top[i] = i == (slide >> 39 & 511) ? 0 : first[i];
	cr3 = (uint64_t)top - info->kernel_begin + info->kernel_physical;
	__asm__ volatile("mov %0, %%cr3" : : "r"(cr3) : "memory");
	say("%lx\n", first[0]);
	finish();
}
