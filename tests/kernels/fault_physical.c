/* SPDX-License-Identifier: MIT */
/* fault_physical.c - commits the mistake of taking a physical address for a pointer. */
#include "kit.h"

void _start(const struct longjump_boot_info *info)
{
	volatile uint32_t *apic = (volatile uint32_t *)0xfee00000;

	(void)info;
	say("APIC version %x\n", apic[12]);
	finish();
}
