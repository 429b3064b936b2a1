/* SPDX-License-Identifier: MIT */
/*
 * memory.c - reads the memory map. Knows what its types mean; knows nothing of where it is shown.
 */
#include "memory.h"

const char *const memory_group_names[MEMORY_GROUP_COUNT] = {
	[MEMORY_FREE] = "free",     [MEMORY_KERNEL] = "kernel", [MEMORY_MODULES] = "modules",
	[MEMORY_LOADER] = "loader", [MEMORY_ACPI] = "ACPI",     [MEMORY_RESERVED] = "reserved",
};

const enum colour memory_group_colours[MEMORY_GROUP_COUNT] = {
	[MEMORY_FREE] = COLOUR_GREEN,     [MEMORY_KERNEL] = COLOUR_SKY,
	[MEMORY_MODULES] = COLOUR_VIOLET, [MEMORY_LOADER] = COLOUR_ORANGE,
	[MEMORY_ACPI] = COLOUR_AQUA,      [MEMORY_RESERVED] = COLOUR_DIM,
};

static const struct {
	const char *name;
	enum memory_group group;
} types[] = {
	[LONGJUMP_MEMORY_USABLE] = { "free", MEMORY_FREE },
	[LONGJUMP_MEMORY_RESERVED] = { "reserved", MEMORY_RESERVED },
	[LONGJUMP_MEMORY_ACPI_RECLAIMABLE] = { "ACPI tables", MEMORY_ACPI },
	[LONGJUMP_MEMORY_ACPI_NVS] = { "ACPI NVS", MEMORY_ACPI },
	[LONGJUMP_MEMORY_BAD] = { "defective", MEMORY_RESERVED },
	[LONGJUMP_MEMORY_KERNEL] = { "kernel", MEMORY_KERNEL },
	[LONGJUMP_MEMORY_MODULE] = { "module", MEMORY_MODULES },
	[LONGJUMP_MEMORY_STACK] = { "stack", MEMORY_KERNEL },
	[LONGJUMP_MEMORY_BOOT_INFO] = { "boot info", MEMORY_LOADER },
	[LONGJUMP_MEMORY_PAGE_TABLES] = { "page tables", MEMORY_LOADER },
	[LONGJUMP_MEMORY_RESIDENT] = { "resident", MEMORY_LOADER },
	[LONGJUMP_MEMORY_KERNEL_FILE] = { "kernel file", MEMORY_LOADER },
	[LONGJUMP_MEMORY_FRAMEBUFFER] = { "framebuffer", MEMORY_RESERVED },
};

const char *memory_type_name(uint32_t type)
{
	return type < sizeof(types) / sizeof(types[0]) && types[type].name ? types[type].name
	                                                                   : "unknown";
}

enum memory_group memory_group_of(uint32_t type)
{
	return type < sizeof(types) / sizeof(types[0]) && types[type].name ? types[type].group
	                                                                   : MEMORY_RESERVED;
}

void memory_sums(const struct longjump_boot_info *info, uint64_t sums[MEMORY_GROUP_COUNT])
{
	const struct longjump_memory *map = info->memory_map;

	for (unsigned group = 0; group < MEMORY_GROUP_COUNT; group++)
		sums[group] = 0;
	for (uint64_t i = 0; i < info->memory_map_count; i++)
		sums[memory_group_of(map[i].type)] += map[i].end - map[i].begin;
}

size_t memory_bar(const struct longjump_boot_info *info, struct part *parts, size_t room)
{
	const struct longjump_memory *map = info->memory_map;
	uint64_t end = info->memory_map_count;
	size_t count = 0;

	while (end > 0 && memory_group_of(map[end - 1].type) == MEMORY_RESERVED)
		end--;
	for (uint64_t i = 0; i < end; i++) {
		const enum colour colour = memory_group_colours[memory_group_of(map[i].type)];

		if (count == 0 || (parts[count - 1].colour != colour && count < room))
			parts[count++] = (struct part){ 0, colour };
		parts[count - 1].amount += map[i].end - map[i].begin;
	}
	return count;
}

/* True if one range is more worth showing than another: what is reserved comes last, then size. */
static bool is_above(const struct longjump_memory *one, const struct longjump_memory *other)
{
	const bool is_reserved = memory_group_of(one->type) == MEMORY_RESERVED;

	if (is_reserved != (memory_group_of(other->type) == MEMORY_RESERVED))
		return !is_reserved;
	return one->end - one->begin > other->end - other->begin;
}

bool memory_is_notable(const struct longjump_boot_info *info, uint64_t index, uint64_t room)
{
	const struct longjump_memory *map = info->memory_map;
	uint64_t above = 0; /* of equals, the first wins */

	for (uint64_t i = 0; i < info->memory_map_count; i++)
		above += is_above(&map[i], &map[index])
		      || (i < index && !is_above(&map[index], &map[i]));
	return above < room;
}
