/* SPDX-License-Identifier: MIT */
/* fault_int80.c - expects another system under it. */
#include "kit.h"

void _start(const struct longjump_boot_info *info)
{
	(void)info;
	__asm__ volatile("int $0x80" : : "a"(1));
	finish();
}
