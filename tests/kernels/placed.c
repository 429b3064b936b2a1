/* SPDX-License-Identifier: MIT */
/* placed.c - proves that a kernel runs at the addresses it was linked for, with its data there and
 * its .bss zero. */
#include "kit.h"

extern char kernel_base[]; /* where the linker put the kernel */

static const char words[] = "these words are read-only";
static volatile uint64_t number = 0x0123456789abcdef;
static const volatile void *volatile pointer =
	&number; /* a 64-bit address that only the linker knew */
static volatile uint64_t zeroes[3 * 4096 / 8];

void _start(const struct longjump_boot_info *info)
{
	uint64_t sum = 0;

	tell(info);
	EXPECT_EQUAL(info->magic, LONGJUMP_MAGIC);
	EXPECT_EQUAL(info->version, LONGJUMP_VERSION);
	EXPECT_EQUAL(info->size, sizeof(*info));
	EXPECT_EQUAL(info->kernel_slide, 0);
	EXPECT_EQUAL(info->kernel_begin, address_of(kernel_base) & ~0xfffull);
	EXPECT_EQUAL(info->entry, address_of((const void *)(uintptr_t)_start));
	EXPECT(text_equal(words, "these words are read-only"));
	EXPECT_EQUAL(pointer, address_of(&number));
	EXPECT_EQUAL(number, 0x0123456789abcdef);
	for (size_t i = 0; i < sizeof(zeroes) / sizeof(zeroes[0]); i++)
		sum |= zeroes[i];
	EXPECT_EQUAL(sum, 0);
	number = 42;
	zeroes[100] = 43;
	EXPECT_EQUAL(number + zeroes[100], 85);
	EXPECT(address_of(&zeroes[sizeof(zeroes) / sizeof(zeroes[0])]) <= info->kernel_end);
	finish();
}
