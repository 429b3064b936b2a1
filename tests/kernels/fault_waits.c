/* SPDX-License-Identifier: MIT */
/* fault_waits.c - waits for ever, for tests that send an NMI or a machine check; if the command
 * line says "lost", without a stack. */
#include "kit.h"

void _start(const struct longjump_boot_info *info)
{
	say("waiting\n");
	if (text_equal(info->command_line, "lost"))
		__asm__ volatile("movabs $0x5a5a5a5a5a5a5a50, %rsp\n1: hlt\n\tjmp 1b");
	for (;;)
		__asm__ volatile("hlt");
}
