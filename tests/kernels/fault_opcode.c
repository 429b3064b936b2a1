/* SPDX-License-Identifier: MIT */
/* fault_opcode.c - executes an instruction that 64-bit mode does not have. */
#include "kit.h"

void _start(const struct longjump_boot_info *info)
{
	(void)info;
	__asm__ volatile(".byte 0x06"); /* push es */
	finish();
}
