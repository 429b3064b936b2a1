/* SPDX-License-Identifier: MIT */
/* bss.c - proves that a .bss of 1.5 GiB is there, zero and writable. */
#include "kit.h"

#define WORDS (1536ull << 20 >> 3)
#define PAGE  (4096 / 8)

static volatile uint64_t huge[WORDS];

void _start(const struct longjump_boot_info *info)
{
	uint64_t sum = 0;

	(void)info;
	for (uint64_t i = 0; i < WORDS; i += PAGE)
		sum |= huge[i] | huge[i + PAGE / 2 + i / PAGE % (PAGE / 2)] | huge[i + PAGE - 1];
	EXPECT_EQUAL(sum, 0);
	for (uint64_t i = 0; i < WORDS; i += 256 * PAGE)
		huge[i] = i;
	for (uint64_t i = 0; i < WORDS; i += 256 * PAGE)
		EXPECT_QUIETLY(huge[i] == i);
	huge[WORDS - 1] = 7;
	EXPECT_EQUAL(huge[WORDS - 1], 7);
	finish();
}
