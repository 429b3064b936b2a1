/* SPDX-License-Identifier: MIT */
/* fault_waits.c - waits for ever, for tests that send an NMI or a machine check. */
#include "kit.h"

void _start(const struct longjump_boot_info *info)
{
	(void)info;
	say("waiting\n");
	for (;;)
		__asm__ volatile("hlt");
}
