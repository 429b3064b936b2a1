/* SPDX-License-Identifier: MIT */
/* fault_frames.c - has a frame pointer that points nowhere when it faults. */
#include "kit.h"

void _start(const struct longjump_boot_info *info)
{
	(void)info;
	__asm__ volatile("movq %0, %%rbp; ud2" : : "r"(0xffffdeadbeef0000));
}
