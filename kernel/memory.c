/* SPDX-License-Identifier: MIT */
/*
 * memory.c - reads the memory map. Knows what its types mean; knows nothing of where it is shown.
 */
#include "memory.h"

enum { MIB = 1 << 20 };

const char *const memory_group_names[MEMORY_GROUP_COUNT] = {
	[MEMORY_FREE] = "free",       [MEMORY_KERNEL] = "kernel", [MEMORY_MODULES] = "modules",
	[MEMORY_LOADER] = "loader",   [MEMORY_ACPI] = "ACPI",     [MEMORY_RESERVED] = "reserved",
	[MEMORY_NONE] = "not memory",
};

const enum colour memory_group_colours[MEMORY_GROUP_COUNT] = {
	[MEMORY_FREE] = COLOUR_GREEN,     [MEMORY_KERNEL] = COLOUR_SKY,
	[MEMORY_MODULES] = COLOUR_VIOLET, [MEMORY_LOADER] = COLOUR_ORANGE,
	[MEMORY_ACPI] = COLOUR_AQUA,      [MEMORY_RESERVED] = COLOUR_DIM,
	[MEMORY_NONE] = COLOUR_BLUE,
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
	[LONGJUMP_MEMORY_FRAMEBUFFER] = { "framebuffer", MEMORY_NONE },
};

const char *memory_type_name(uint32_t type)
{
	return type < sizeof(types) / sizeof(types[0]) && types[type].name ? types[type].name
	                                                                   : "unknown";
}

/* The group of a type alone. */
static enum memory_group group_of_type(uint32_t type)
{
	return type < sizeof(types) / sizeof(types[0]) && types[type].name ? types[type].group
	                                                                   : MEMORY_RESERVED;
}

enum memory_group memory_group_of(const struct longjump_boot_info *info, uint64_t index)
{
	const struct longjump_memory *map = info->memory_map;
	const enum memory_group group = group_of_type(map[index].type);

	if (group != MEMORY_RESERVED)
		return group;
	while (index > 0 && map[index - 1].end == map[index].begin
	       && group_of_type(map[index].type) == MEMORY_RESERVED)
		index--;
	return map[index].begin < MIB || group_of_type(map[index].type) < MEMORY_RESERVED
	             ? MEMORY_RESERVED
	             : MEMORY_NONE;
}

void memory_sums(const struct longjump_boot_info *info, uint64_t sums[MEMORY_GROUP_COUNT])
{
	const struct longjump_memory *map = info->memory_map;

	for (unsigned group = 0; group < MEMORY_GROUP_COUNT; group++)
		sums[group] = 0;
	for (uint64_t i = 0; i < info->memory_map_count; i++)
		sums[memory_group_of(info, i)] += map[i].end - map[i].begin;
}

size_t memory_bar(const struct longjump_boot_info *info, struct part *parts, size_t room)
{
	const struct longjump_memory *map = info->memory_map;
	size_t count = 0;

	for (uint64_t i = 0; i < info->memory_map_count; i++) {
		const enum memory_group group = memory_group_of(info, i);
		const enum colour colour = memory_group_colours[group];

		if (group == MEMORY_NONE)
			continue;
		if (count == 0 || (parts[count - 1].colour != colour && count < room))
			parts[count++] = (struct part){ 0, colour };
		parts[count - 1].amount += map[i].end - map[i].begin;
	}
	return count;
}

/* The rank of a range: reserved memory comes after the others, and no memory last. */
static unsigned rank(const struct longjump_boot_info *info, uint64_t index)
{
	const enum memory_group group = memory_group_of(info, index);

	return group < MEMORY_RESERVED ? 0 : group;
}

/* True if one range is to be shown rather than another: by rank, then by size. */
static bool is_above(const struct longjump_boot_info *info, uint64_t one, uint64_t other)
{
	const struct longjump_memory *map = info->memory_map;

	if (rank(info, one) != rank(info, other))
		return rank(info, one) < rank(info, other);
	return map[one].end - map[one].begin > map[other].end - map[other].begin;
}

bool memory_is_notable(const struct longjump_boot_info *info, uint64_t index, uint64_t room)
{
	uint64_t above = 0; /* of equals, the first wins */

	for (uint64_t i = 0; i < info->memory_map_count; i++)
		above += is_above(info, i, index) || (i < index && !is_above(info, index, i));
	return above < room;
}
