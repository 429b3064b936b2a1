/* SPDX-License-Identifier: MIT */
/* shared.c - proves that two segments of equal rights may share a page (linked by shared.ld), the
 * second's file bytes and both .bss parts included. */
#include "kit.h"

static volatile uint64_t first[4] __attribute__((section(".data.first"))) = { 1, 2, 3, 4 };
static volatile uint64_t first_zeroes[4] __attribute__((section(".bss.first")));
static volatile uint64_t second[4] __attribute__((section(".data.second"))) = { 5, 6, 7, 8 };
static volatile uint64_t second_zeroes[4] __attribute__((section(".bss.second")));

void _start(const struct longjump_boot_info *info)
{
	tell(info);
	EXPECT_EQUAL(address_of(first) >> 12, address_of(second) >> 12);
	for (unsigned int i = 0; i < 4; i++) {
		EXPECT_EQUAL(first[i], i + 1);
		EXPECT_EQUAL(first_zeroes[i], 0);
		EXPECT_EQUAL(second[i], i + 5);
		EXPECT_EQUAL(second_zeroes[i], 0);
	}
	first[0] = second[3] = 9;
	EXPECT_EQUAL(first[0] + second[3], 18);
	finish();
}
