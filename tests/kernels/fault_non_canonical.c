/* SPDX-License-Identifier: MIT */
/* fault_non_canonical.c - commits the mistake of using an address that is not canonical. */
#include "kit.h"

void _start(const struct longjump_boot_info *info)
{
	(void)info;
	__asm__ volatile("movq (%0), %%rax" : : "b"(0x1234567890abcdef) : "rax");
	finish();
}
