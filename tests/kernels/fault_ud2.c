/* SPDX-License-Identifier: MIT */
/* fault_ud2.c - comes to a place that the compiler was told cannot be reached. */
#include "kit.h"

void _start(const struct longjump_boot_info *info)
{
	(void)info;
	__builtin_trap();
}
