/* SPDX-License-Identifier: MIT */
/* fault_lost_stack.c - commits the mistake of loading RSP with a value that is no address. */
#include "kit.h"

void _start(const struct longjump_boot_info *info)
{
	(void)info;
	__asm__ volatile("movq %0, %%rsp; pushq %%rax" : : "r"(0x5a5a5a5a5a5a5a50));
	halt();
}
