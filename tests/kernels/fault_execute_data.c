/* SPDX-License-Identifier: MIT */
/* fault_execute_data.c - commits the mistake of running code that it put into data. */
#include "kit.h"

static uint8_t code[] = { 0xc3 }; /* ret */

void _start(const struct longjump_boot_info *info)
{
	(void)info;
	((void (*)(void))address_of(code))();
	finish();
}
