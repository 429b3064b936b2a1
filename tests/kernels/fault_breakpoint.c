/* SPDX-License-Identifier: MIT */
/* fault_breakpoint.c - has a breakpoint left in it. */
#include "kit.h"

void _start(const struct longjump_boot_info *info)
{
	(void)info;
	__asm__ volatile("int3");
	finish();
}
