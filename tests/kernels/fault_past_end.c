/* SPDX-License-Identifier: MIT */
/* fault_past_end.c - commits the mistake of running past the end of an array. */
#include "kit.h"

static uint8_t table[4096];

void _start(const struct longjump_boot_info *info)
{
	volatile uint8_t *at = (volatile uint8_t *)address_of(table);

	(void)info;
	for (uint64_t i = 0; i < 0x100000; i++)
		at[i] = 0;
	finish();
}
