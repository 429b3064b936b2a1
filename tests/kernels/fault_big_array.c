/* SPDX-License-Identifier: MIT */
/* fault_big_array.c - puts an array on the stack that is larger than the stack. */
#include "kit.h"

static unsigned __attribute__((noinline, noclone)) fill(unsigned count)
{
	volatile uint8_t buffer[1 << 20];

	for (unsigned i = 0; i < count; i++)
		buffer[i] = (uint8_t)i;
	return buffer[count / 2];
}

void _start(const struct longjump_boot_info *info)
{
	(void)info;
	say("%u\n", fill(1 << 20));
	finish();
}
