/* SPDX-License-Identifier: MIT */
/*
 * memory.h - names, sums and a screenful of the memory map. Your own kernel would build its page
 * allocator on the same map.
 */
#ifndef KERNEL_MEMORY_H
#define KERNEL_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <longjump.h>

#include "console.h"

/* Groups of memory types, by what a reader wants to know first. */
enum memory_group {
	MEMORY_FREE,
	MEMORY_KERNEL,
	MEMORY_MODULES,
	MEMORY_LOADER, /* what the loader has set up; free later */
	MEMORY_ACPI,
	MEMORY_RESERVED,
	MEMORY_NONE, /* not memory: devices, or nothing */
	MEMORY_GROUP_COUNT
};

/* Each group's name and colour. */
extern const char *const memory_group_names[MEMORY_GROUP_COUNT];
extern const enum colour memory_group_colours[MEMORY_GROUP_COUNT];

/* The name of a type; an unknown one counts as reserved. */
const char *memory_type_name(uint32_t type);

/*
 * The group of range number `index`. Firmware reports both its own RAM and device addresses as
 * reserved; a reserved range counts as devices unless it lies below 1 MiB or directly follows RAM.
 */
enum memory_group memory_group_of(const struct longjump_boot_info *info, uint64_t index);

/* Adds up the sizes of all ranges of each group. */
void memory_sums(const struct longjump_boot_info *info, uint64_t sums[MEMORY_GROUP_COUNT]);

/*
 * Makes a bar of the map, in address order; neighbours of one group become one part. Leaves out
 * what is not memory. Returns the number of parts, at most `room`.
 */
size_t memory_bar(const struct longjump_boot_info *info, struct part *parts, size_t room);

/* True if range number `index` is one of the `room` that are most worth showing. */
bool memory_is_notable(const struct longjump_boot_info *info, uint64_t index, uint64_t room);

#endif
