/* SPDX-License-Identifier: MIT */
/* stack.c - proves that the whole stack can be used, down to its lowest byte. */
#include "kit.h"

void _start(const struct longjump_boot_info *info)
{
	volatile uint64_t *lowest = (volatile uint64_t *)info->stack_begin;
	volatile uint64_t *here = (volatile uint64_t *)(address_of(&info) - 1024);

	tell(info);
	for (volatile uint64_t *word = lowest; word < here; word++)
		*word = address_of(word);
	for (volatile uint64_t *word = lowest; word < here; word++)
		EXPECT_QUIETLY(*word == address_of(word));
	expect(true, "every word of the stack keeps what is written to it");
	EXPECT_EQUAL(info->stack_begin % 4096, 0);
	EXPECT_EQUAL(info->stack_end % 4096, 0);
	finish();
}
