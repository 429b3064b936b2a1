/* SPDX-License-Identifier: MIT */
/* fault_misaligned.c - commits the mistake of using SSE on memory that is not aligned. */
#include "kit.h"

static uint8_t buffer[64] __attribute__((aligned(16)));

void _start(const struct longjump_boot_info *info)
{
	(void)info;
	__asm__ volatile("movaps %%xmm0, (%0)" : : "r"(address_of(buffer) + 8) : "memory");
	finish();
}
