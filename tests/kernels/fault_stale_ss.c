/* SPDX-License-Identifier: MIT */
/* fault_stale_ss.c - loads a GDT of its own, and returns by iretq with the SS of the old one. */
#include "kit.h"

static uint64_t gdt[] = { 0, 0x00af9b000000ffff }; /* code, and nothing at 0x10 */

void _start(const struct longjump_boot_info *info)
{
	struct __attribute__((packed)) {
		uint16_t limit;
		uint64_t base;
	} pointer = { sizeof(gdt) - 1, (uint64_t)gdt };

	(void)info;
	__asm__ volatile("lgdt %0\n\t"
	                 "movq %%rsp, %%rcx\n\t"
	                 "movl %%ss, %%eax\n\t"
	                 "pushq %%rax\n\t"
	                 "pushq %%rcx\n\t"
	                 "pushfq\n\t"
	                 "pushq $8\n\t"
	                 "leaq 1f(%%rip), %%rax\n\t"
	                 "pushq %%rax\n\t"
	                 "iretq\n"
	                 "1:"
	                 :
	                 : "m"(pointer)
	                 : "rax", "rcx", "memory");
	finish();
}
