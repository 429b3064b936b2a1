/* SPDX-License-Identifier: MIT */
/* fault_gdt_config.c - has data where it believes code to be in its new GDT. */
#include "kit.h"

static uint64_t gdt[] = { 0, 0x00cf93000000ffff, 0x00af9b000000ffff };

void _start(const struct longjump_boot_info *info)
{
	struct __attribute__((packed)) {
		uint16_t limit;
		uint64_t base;
	} pointer = { sizeof(gdt) - 1, (uint64_t)gdt };

	(void)info;
	__asm__ volatile("lgdt %0\n\t"
	                 "pushq $8\n\t"
	                 "leaq 1f(%%rip), %%rax\n\t"
	                 "pushq %%rax\n\t"
	                 "lretq\n"
	                 "1:"
	                 :
	                 : "m"(pointer)
	                 : "rax", "memory");
	finish();
}
