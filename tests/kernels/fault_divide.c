/* SPDX-License-Identifier: MIT */
/* fault_divide.c - commits the mistake of dividing by zero. */
#include "kit.h"

static volatile uint32_t total = 100, count;

void _start(const struct longjump_boot_info *info)
{
	(void)info;
	say("on average %u\n", total / count);
	finish();
}
