/* SPDX-License-Identifier: MIT */
/* fault_user.c - goes to user mode on pages that are the kernel's. */
#include "kit.h"

static uint64_t gdt[] = { 0, 0x00af9b000000ffff, 0x00cf93000000ffff, 0x00cff3000000ffff,
	                  0x00affb000000ffff };

void _start(const struct longjump_boot_info *info)
{
	struct __attribute__((packed)) {
		uint16_t limit;
		uint64_t base;
	} pointer = { sizeof(gdt) - 1, (uint64_t)gdt };

	(void)info;
	__asm__ volatile("lgdt %0\n\t"
	                 "movq %%rsp, %%rcx\n\t"
	                 "pushq $0x1b\n\t"
	                 "pushq %%rcx\n\t"
	                 "pushq $2\n\t"
	                 "pushq $0x23\n\t"
	                 "leaq 1f(%%rip), %%rax\n\t"
	                 "pushq %%rax\n\t"
	                 "iretq\n"
	                 "1: hlt"
	                 :
	                 : "m"(pointer)
	                 : "rax", "rcx", "memory");
	finish();
}
