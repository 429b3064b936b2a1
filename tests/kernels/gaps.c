/* SPDX-License-Identifier: MIT */
/* gaps.c - proves that segments may lie hundreds of gigabytes apart, and that one may be all .bss.
 * */
#include "kit.h"

/* Too far for RIP-relative code: reached through 64-bit addresses that the linker wrote down. */
static uint64_t far_data[2]
	__attribute__((section(".far"))) = { 0x1122334455667788, 0x99aabbccddeeff00 };
static uint64_t far_zeroes[8192] __attribute__((section(".bss.far")));
static volatile uint64_t *volatile data = far_data;
static volatile uint64_t *volatile zeroes = far_zeroes;

void _start(const struct longjump_boot_info *info)
{
	uint64_t sum = 0;

	tell(info);
	EXPECT(address_of(data) - address_of(&data) > 100ull << 30);
	EXPECT(address_of(zeroes) - address_of(data) > 100ull << 30);
	EXPECT_EQUAL(data[0], 0x1122334455667788);
	EXPECT_EQUAL(data[1], 0x99aabbccddeeff00);
	for (int i = 0; i < 8192; i++)
		sum |= zeroes[i];
	EXPECT_EQUAL(sum, 0);
	zeroes[8191] = data[0];
	data[1] = zeroes[8191];
	EXPECT_EQUAL(data[1], 0x1122334455667788);
	EXPECT_EQUAL(info->kernel_end,
	             (address_of(zeroes) + sizeof(far_zeroes) + 0xfff) & ~0xfffull);
	finish();
}
