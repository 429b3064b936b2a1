/* SPDX-License-Identifier: MIT */
/* fault_per_cpu.c - commits the mistake of using GS before its base is set. */
#include "kit.h"

void _start(const struct longjump_boot_info *info)
{
	(void)info;
	__asm__ volatile("movq %%gs:0x28, %%rax" : : : "rax");
	finish();
}
