/* SPDX-License-Identifier: MIT */
/* fault_overflow.c - commits the mistake of calling itself for ever. */
#include "kit.h"

static unsigned (*volatile self)(volatile unsigned *depth);

static unsigned recurse(volatile unsigned *depth)
{
	volatile unsigned deeper = *depth + 1;

	return self(&deeper) + deeper;
}

void _start(const struct longjump_boot_info *info)
{
	volatile unsigned depth = 0;

	(void)info;
	self = recurse;
	recurse(&depth);
	finish();
}
