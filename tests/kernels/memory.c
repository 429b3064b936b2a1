/* SPDX-License-Identifier: MIT */
/*
 * memory.c - proves that the memory map is true: writes and reads what it calls usable, and finds
 * afterwards that nothing else has changed. Up to 512 MiB, every word is written; in more memory, a
 * word in each page near the ends of each range, and some words in between.
 */
#include "kit.h"

#define MIB (1ull << 20)

static uint64_t usable_size(const struct longjump_boot_info *info)
{
	uint64_t size = 0;

	for (uint64_t i = 0; i < info->memory_map_count; i++)
		if (info->memory_map[i].type == LONGJUMP_MEMORY_USABLE)
			size += info->memory_map[i].end - info->memory_map[i].begin;
	return size;
}

/* True for memory whose contents do not change while the kernel runs: everything that the loader
 * and the firmware have left, except the stack and devices. */
static bool is_at_rest(uint32_t type)
{
	return type == LONGJUMP_MEMORY_ACPI_RECLAIMABLE || type == LONGJUMP_MEMORY_ACPI_NVS
	    || type == LONGJUMP_MEMORY_KERNEL || type == LONGJUMP_MEMORY_MODULE
	    || type == LONGJUMP_MEMORY_BOOT_INFO || type == LONGJUMP_MEMORY_PAGE_TABLES
	    || type == LONGJUMP_MEMORY_RESIDENT || type == LONGJUMP_MEMORY_KERNEL_FILE;
}

/* A sum over everything that is not ours to change. */
static uint64_t sum_of_the_rest(const struct longjump_boot_info *info)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < info->memory_map_count; i++) {
		const struct longjump_memory *memory = &info->memory_map[i];
		uint64_t mask = ~0ull;

		if (!is_at_rest(memory->type))
			continue;
		/* The CPU itself marks what it has used: accessed and dirty. */
		if (memory->type == LONGJUMP_MEMORY_PAGE_TABLES)
			mask = ~0x60ull;
		for (uint64_t at = memory->begin; at < memory->end; at += 8) {
			uint64_t word = *(volatile uint64_t *)physical(info, at);

			sum = (sum ^ (word & mask)) * 0x100000001b3;
		}
	}
	return sum;
}

/* Each word gets its own address, mixed, so that memory that appears twice is noticed. */
static uint64_t pattern(uint64_t address)
{
	return address * 0x9e3779b97f4a7c15 ^ 0x5555555555555555;
}

/* The distance from one word to the next that is tried. */
static uint64_t step(const struct longjump_memory *memory, uint64_t at, bool every_word)
{
	if (every_word)
		return 8;
	return at - memory->begin < 64 * MIB || memory->end - at <= 64 * MIB ? 4096 : 16 * MIB;
}

static uint64_t count_wrong(const struct longjump_boot_info *info, bool every_word, bool write)
{
	uint64_t wrong = 0;

	for (uint64_t i = 0; i < info->memory_map_count; i++) {
		const struct longjump_memory *memory = &info->memory_map[i];

		if (memory->type != LONGJUMP_MEMORY_USABLE)
			continue;
		for (uint64_t at = memory->begin; at < memory->end;
		     at += step(memory, at, every_word)) {
			volatile uint64_t *word = physical(info, at);

			if (write)
				*word = pattern(at);
			else
				wrong += *word != pattern(at);
		}
	}
	return wrong;
}

/* The stack's unused part, as a canary for a map that would call it usable. */
static uint64_t stack_canaries(const struct longjump_boot_info *info, bool write)
{
	volatile uint64_t *here = (volatile uint64_t *)(address_of(&info) - 2048);
	uint64_t wrong = 0;

	for (volatile uint64_t *word = (volatile uint64_t *)info->stack_begin; word < here;
	     word++) {
		if (write)
			*word = 0xcafe;
		else
			wrong += *word != 0xcafe;
	}
	return wrong;
}

void _start(const struct longjump_boot_info *info)
{
	uint64_t size = usable_size(info);
	bool every_word = size <= 512 * MIB;
	uint64_t before, after, wrong;

	tell(info);
	say("usable=%lx\n", size);
	stack_canaries(info, true);
	before = sum_of_the_rest(info);
	count_wrong(info, every_word, true);
	wrong = count_wrong(info, every_word, false);
	after = sum_of_the_rest(info);
	EXPECT_EQUAL(wrong, 0);
	EXPECT_EQUAL(after, before);
	EXPECT_EQUAL(stack_canaries(info, false), 0);
	EXPECT_EQUAL(info->magic, LONGJUMP_MAGIC);
	finish();
}
