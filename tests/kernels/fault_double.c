/* SPDX-License-Identifier: MIT */
/* fault_double.c - clears LDTR, so that its first fault cannot be delivered. */
#include "kit.h"

void _start(const struct longjump_boot_info *info)
{
	(void)info;
	__asm__ volatile("lldt %w0" : : "r"(0));
	__builtin_trap();
}
