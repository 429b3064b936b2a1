/* SPDX-License-Identifier: MIT */
/* fault_info_overwritten.c - writes over what the explainer would know the kernel by: the word of
 * which the number is on the command line. */
#include "kit.h"

#define FAULT_INFO 0x6b72616d646e616c /* "landmark"; the page tables follow, and more */

void _start(const struct longjump_boot_info *info)
{
	uint64_t number = 0;

	for (const char *digit = info->command_line; *digit; digit++)
		number = number * 10 + (uint64_t)(*digit - '0');
	for (uint64_t i = 0; i < info->memory_map_count; i++) {
		const struct longjump_memory *range = &info->memory_map[i];

		for (uint64_t at = range->begin;
		     range->type == LONGJUMP_MEMORY_RESIDENT && at < range->end; at += 8) {
			volatile uint64_t *word = physical(info, at);

			if (*word == FAULT_INFO && word[5] > word[4])
				word[number] = ~word[number];
		}
	}
	__builtin_trap();
}
