/* SPDX-License-Identifier: MIT */
/* fault_wild_pointer.c - commits the mistake of writing through a pointer that was never set. */
#include "kit.h"

void _start(const struct longjump_boot_info *info)
{
	uint64_t noise = 0xffffdead0000;

	(void)info;
	__asm__("" : "+r"(noise));
	*(volatile uint64_t *)(noise | 0xffff000000000000) = 1;
	finish();
}
