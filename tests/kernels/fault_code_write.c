/* SPDX-License-Identifier: MIT */
/* fault_code_write.c - commits the mistake of changing its own code. */
#include "kit.h"

void _start(const struct longjump_boot_info *info)
{
	(void)info;
	*(volatile uint8_t *)address_of((const volatile void *)(uint64_t)&finish) = 0xc3;
	finish();
}
