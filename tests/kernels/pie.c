/* SPDX-License-Identifier: MIT */
/* pie.c - proves that a position-independent kernel is relocated: many pointers, in data and in
 * RELRO. */
#include "kit.h"

extern char kernel_base[];

#define FOUR(pointer)    pointer, pointer, pointer, pointer
#define SIXTEEN(pointer) FOUR(pointer), FOUR(pointer), FOUR(pointer), FOUR(pointer)

static volatile uint64_t number = 0x0123456789abcdef;
static const volatile void *volatile pointer = &number;

/* Constant, so read-only except during relocation: RELRO. Not static, so that it is not optimised
 * away. */
extern const volatile void *const pointers[85];
const volatile void *const pointers[85] = { SIXTEEN(&number),
	                                    SIXTEEN(&number),
	                                    SIXTEEN(&number),
	                                    SIXTEEN(&number),
	                                    SIXTEEN(&number),
	                                    NULL,
	                                    &number,
	                                    NULL,
	                                    NULL,
	                                    &pointer };

void _start(const struct longjump_boot_info *info)
{
	tell(info);
	EXPECT_EQUAL(info->kernel_slide, address_of(kernel_base));
	EXPECT_EQUAL(info->kernel_begin, address_of(kernel_base));
	EXPECT_EQUAL(info->entry, address_of((const void *)(uintptr_t)_start));
	EXPECT_EQUAL(pointer, address_of(&number));
	for (int i = 0; i < 80; i++)
		EXPECT_QUIETLY(pointers[i] == &number);
	EXPECT_EQUAL(pointers[80], 0);
	EXPECT_EQUAL(pointers[81], address_of(&number));
	EXPECT_EQUAL(pointers[82], 0);
	EXPECT_EQUAL(pointers[83], 0);
	EXPECT_EQUAL(pointers[84], address_of(&pointer));
	EXPECT_EQUAL(number, 0x0123456789abcdef);
	say("relro=%lx %lx\n", address_of(&pointers[0]), address_of(&pointers[85]));
	finish();
}
