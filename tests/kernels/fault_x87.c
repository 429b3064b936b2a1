/* SPDX-License-Identifier: MIT */
/* fault_x87.c - divides by zero in the FPU, with the exception unmasked. */
#include "kit.h"

void _start(const struct longjump_boot_info *info)
{
	uint16_t control = 0x37b;

	(void)info;
	__asm__ volatile("fldcw %0; fld1; fldz; fdivrp; fwait" : : "m"(control));
	finish();
}
