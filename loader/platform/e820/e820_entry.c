/* SPDX-License-Identifier: MIT */
/* e820_entry.c - translates E820 memory types. */
#include "platform/e820/e820_entry.h"

/* The meaning of a type (ACPI 6.5, 15, Address Range Types). Unknown types count as reserved. */
static enum memory_type type_of(uint32_t type)
{
	switch (type) {
	case E820_MEMORY:
		return MEMORY_USABLE;
	case 3:
		return MEMORY_ACPI_RECLAIMABLE;
	case 4:
		return MEMORY_ACPI_NVS;
	case 5:
		return MEMORY_BAD;
	default:
		return MEMORY_RESERVED;
	}
}

bool e820_entry_read(const struct e820_entry *entry, struct firmware_range *range)
{
	bool whole = in_bounds(entry->begin, entry->size, UINT64_MAX);
	uint64_t end = whole ? entry->begin + entry->size : UINT64_MAX;

	*range =
		(struct firmware_range){ { entry->begin, end }, type_of(entry->type), entry->type };
	return entry->begin != end && (entry->attributes & E820_VALID) != 0;
}
