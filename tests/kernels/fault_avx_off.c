/* SPDX-License-Identifier: MIT */
/* fault_avx_off.c - commits the mistake of using AVX before switching it on. */
#include "kit.h"

void _start(const struct longjump_boot_info *info)
{
	(void)info;
	__asm__ volatile("vzeroupper");
	finish();
}
