/* SPDX-License-Identifier: MIT */
/* fault_execute_stack.c - commits the mistake of running code on the stack. */
#include "kit.h"

void _start(const struct longjump_boot_info *info)
{
	volatile uint8_t code[16] = { 0xc3 }; /* ret */

	(void)info;
	((void (*)(void))address_of(code))();
	finish();
}
