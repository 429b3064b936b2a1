/* SPDX-License-Identifier: MIT */
/*
 * large.c - proves that megabytes of data arrive whole. The test adds segments after this file's
 * own three and names them on the command line: address, bytes of data and bytes of .bss, all
 * hexadecimal. Each word of the data is its own address.
 */
#include "kit.h"

/* What the test writes into the word that is linked at an address: the address, never 0. */
static uint64_t word_for(uint64_t address)
{
	return address ^ 1ull << 63;
}

/* The next hexadecimal number of a text; moves past it. */
static uint64_t read_number(const char **text)
{
	uint64_t number = 0;

	while (**text == ' ')
		(*text)++;
	for (; **text && **text != ' '; (*text)++)
		number = number << 4 | (uint64_t)(**text <= '9' ? **text - '0' : **text - 'a' + 10);
	return number;
}

static void check_segment(uint64_t begin, uint64_t data, uint64_t bss)
{
	uint64_t wrong = 0;

	for (uint64_t at = begin; at < begin + data; at += 8)
		wrong += *(volatile uint64_t *)at != word_for(at);
	for (uint64_t at = begin + data; at < begin + data + bss; at += 8)
		wrong += *(volatile uint64_t *)at != 0;
	say("%lx: %lx bytes of data, %lx of .bss\n", begin, data, bss);
	EXPECT_EQUAL(wrong, 0);
}

void _start(const struct longjump_boot_info *info)
{
	const char *words = info->command_line;

	tell(info);
	while (*words) {
		uint64_t begin = read_number(&words);
		uint64_t data = read_number(&words);

		check_segment(begin, data, read_number(&words));
	}
	finish();
}
