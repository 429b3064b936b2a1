/* memory.c - each test is a separate kernel; this one checks that there is usable memory. */
#include "kit.h"
#include "longjump.h"

void _start(const struct longjump_boot_info *info);

void _start(const struct longjump_boot_info *info)
{
	uint64_t usable = 0;

	for (uint64_t i = 0; i < info->memory_map_count; i++)
		if (info->memory_map[i].type == LONGJUMP_MEMORY_USABLE)
			usable += info->memory_map[i].end - info->memory_map[i].begin;
	finish(usable >= 16 << 20);
}
