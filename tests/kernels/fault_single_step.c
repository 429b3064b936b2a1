/* SPDX-License-Identifier: MIT */
/* fault_single_step.c - loads RFLAGS with a bit too many. */
#include "kit.h"

void _start(const struct longjump_boot_info *info)
{
	(void)info;
	__asm__ volatile("pushfq; orq $0x100, (%rsp); popfq; nop; nop");
	finish();
}
