/* SPDX-License-Identifier: MIT */
/*
 * soak.c - prints sums of itself and of its modules, as they arrived, which a test compares with
 * those of the disc. The command line may make it overwrite RESIDENT memory first and then fault:
 *
 *     spoil BEGIN END WORD      in hexadecimal digits: bytes, counted through all such memory
 */
#include "kit.h"

/* Most of the kernel: a wrong bit of it changes the sum, and nothing else. */
static const uint64_t payload[4096] __attribute__((used)) = { [0 ... 4095] = 0x5a17c0de0ddba11 };

/* A sum that depends on the order of words; after the last byte there are zeroes. */
static uint64_t sum_of(const volatile uint8_t *at, uint64_t size)
{
	uint64_t sum = size;

	for (uint64_t i = 0; i < size; i += 8) {
		uint64_t word = 0;

		for (uint64_t j = 0; j < 8 && i + j < size; j++)
			word |= (uint64_t)at[i + j] << 8 * j;
		sum = (sum << 1 | sum >> 63) + word;
	}
	return sum;
}

/* The next number on the command line; *line moves past it. */
static uint64_t number_in(const char **line)
{
	uint64_t number = 0;

	while (**line == ' ')
		(*line)++;
	for (; **line > ' '; (*line)++)
		number = number << 4 | (uint64_t)(**line >= 'a' ? **line - 'a' + 10 : **line - '0');
	return number;
}

/* Overwrites the bytes [begin, end) of RESIDENT memory. */
static void spoil(const struct longjump_boot_info *info, uint64_t begin, uint64_t end,
                  uint64_t word)
{
	uint64_t before = 0; /* bytes of such memory in the ranges before */

	for (uint64_t i = 0; i < info->memory_map_count; i++) {
		const struct longjump_memory *range = &info->memory_map[i];
		volatile uint8_t *bytes = physical(info, range->begin - before);

		if (range->type != LONGJUMP_MEMORY_RESIDENT)
			continue;
		for (uint64_t at = before; at < before + range->end - range->begin; at++)
			if (begin <= at && at < end)
				bytes[at] = (uint8_t)(word >> at % 8 * 8);
		before += range->end - range->begin;
	}
}

void _start(const struct longjump_boot_info *info)
{
	const char *line = info->command_line;
	uint64_t resident = 0, begin, end;

	for (uint64_t i = 0; i < info->segment_count; i++) {
		const struct longjump_segment *segment = &info->segments[i];

		if ((segment->rights & LONGJUMP_WRITE) == 0)
			say("segment %lx\n",
			    sum_of((const volatile uint8_t *)segment->virtual_begin,
			           segment->virtual_end - segment->virtual_begin));
	}
	for (uint64_t i = 0; i < info->module_count; i++)
		say("module %lx\n", sum_of(info->modules[i].data, info->modules[i].size));
	for (uint64_t i = 0; i < info->memory_map_count; i++)
		if (info->memory_map[i].type == LONGJUMP_MEMORY_RESIDENT)
			resident += info->memory_map[i].end - info->memory_map[i].begin;
	say("resident %lx\nline %s\n", resident, line);
	if (line[0] == 's' && line[1] == 'p') {
		line += 5;
		begin = number_in(&line);
		end = number_in(&line);
		spoil(info, begin, end, number_in(&line));
		*(volatile int *)0x10 = 1;
	}
	say("END\n");
	halt();
}
