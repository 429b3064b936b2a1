/* SPDX-License-Identifier: MIT */
/* returns.c - commits the mistake of returning from _start. */
#include "kit.h"

void _start(const struct longjump_boot_info *info)
{
	(void)info;
	say("returning\n");
}
