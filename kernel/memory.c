/* SPDX-License-Identifier: MIT */
/*
 * memory.c - reads the memory map. Knows what its types mean; knows nothing of where it is shown.
 */
#include "memory.h"

const char *const memory_class_names[MEMORY_CLASS_COUNT] = {
	[MEMORY_FREE] = "free",     [MEMORY_KERNEL] = "kernel", [MEMORY_MODULES] = "modules",
	[MEMORY_LOADER] = "loader", [MEMORY_ACPI] = "ACPI",     [MEMORY_RESERVED] = "reserved",
};

const enum colour memory_class_colours[MEMORY_CLASS_COUNT] = {
	[MEMORY_FREE] = COLOUR_GREEN,    [MEMORY_KERNEL] = COLOUR_SKY,
	[MEMORY_MODULES] = COLOUR_VIOLET, [MEMORY_LOADER] = COLOUR_ORANGE,
	[MEMORY_ACPI] = COLOUR_AQUA,     [MEMORY_RESERVED] = COLOUR_DIM,
};

static const struct {
	const char *name;
	enum memory_class class;
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

enum memory_class memory_class_of(uint32_t type)
{
	return type < sizeof(types) / sizeof(types[0]) && types[type].name ? types[type].class
	                                                                   : MEMORY_RESERVED;
}

void memory_sums(const struct longjump_boot_info *info, uint64_t sums[MEMORY_CLASS_COUNT])
{
	const struct longjump_memory *map = info->memory_map;

	for (unsigned class = 0; class < MEMORY_CLASS_COUNT; class ++)
		sums[class] = 0;
	for (uint64_t i = 0; i < info->memory_map_count; i++)
		sums[memory_class_of(map[i].type)] += map[i].end - map[i].begin;
}

size_t memory_bar(const struct longjump_boot_info *info, struct part *parts, size_t room)
{
	const struct longjump_memory *map = info->memory_map;
	uint64_t end = info->memory_map_count;
	size_t count = 0;

	while (end > 0 && memory_class_of(map[end - 1].type) == MEMORY_RESERVED)
		end--;
	for (uint64_t i = 0; i < end; i++) {
		const enum colour colour = memory_class_colours[memory_class_of(map[i].type)];

		if (count == 0 || (parts[count - 1].colour != colour && count < room))
			parts[count++] = (struct part){ 0, colour };
		parts[count - 1].amount += map[i].end - map[i].begin;
	}
	return count;
}

bool memory_is_among_largest(const struct longjump_boot_info *info, uint64_t index, uint64_t room)
{
	const struct longjump_memory *map = info->memory_map;
	const uint64_t size = map[index].end - map[index].begin;
	uint64_t larger = 0;

	for (uint64_t i = 0; i < info->memory_map_count; i++) {
		const uint64_t other = map[i].end - map[i].begin;

		larger += other > size || (other == size && i < index);
	}
	return larger < room;
}
