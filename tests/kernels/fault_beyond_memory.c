/* SPDX-License-Identifier: MIT */
/* fault_beyond_memory.c - commits the mistake of using memory that the machine does not have. */
#include "kit.h"

void _start(const struct longjump_boot_info *info)
{
	*(volatile uint64_t *)(info->direct_map + 0x7fe00000000) = 1;
	finish();
}
