/* SPDX-License-Identifier: MIT */
/* fault_underflow.c - commits the mistake of reading above the top of the stack. */
#include "kit.h"

void _start(const struct longjump_boot_info *info)
{
	const volatile uint64_t *arguments = (const volatile uint64_t *)info->stack_end;

	say("%lx\n", arguments[2]);
	finish();
}
