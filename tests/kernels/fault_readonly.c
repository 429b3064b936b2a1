/* SPDX-License-Identifier: MIT */
/* fault_readonly.c - commits the mistake of writing to a constant. */
#include "kit.h"

static const char greeting[] = "hello";

void _start(const struct longjump_boot_info *info)
{
	(void)info;
	*(volatile char *)address_of(greeting) = 'H';
	finish();
}
