/* SPDX-License-Identifier: MIT */
/* efi_map.c - what UEFI's types of memory mean once its boot services are gone (UEFI 2.10, table
 * 7.6). */
#include "standalone/efi_map.h"

/* What a type means. Unknown types are reserved. */
static enum memory_type type_of(uint32_t efi)
{
	switch (efi) {
	case EFI_LOADER_CODE:
	case EFI_LOADER_DATA:
	case EFI_BOOT_CODE:
	case EFI_BOOT_DATA:
	case EFI_CONVENTIONAL:
		return MEMORY_USABLE;
	case EFI_ACPI_RECLAIM:
		return MEMORY_ACPI_RECLAIMABLE;
	case EFI_ACPI_NVS:
		return MEMORY_ACPI_NVS;
	case EFI_UNUSABLE:
		return MEMORY_BAD;
	default:
		return MEMORY_RESERVED;
	}
}

/* The range of a descriptor; if its end overflows, it ends at the last address. */
static struct firmware_range range_of(const struct efi_memory_descriptor *descriptor)
{
	uint64_t begin = descriptor->physical;
	uint64_t pages = min_u64(descriptor->pages, (UINT64_MAX - begin) / PAGE_SIZE);
	enum memory_type type = type_of(descriptor->type);

	return (struct firmware_range){ .phys = { begin, begin + pages * PAGE_SIZE },
		                        .type = type,
		                        .raw = type == MEMORY_USABLE ? (uint32_t)EFI_CONVENTIONAL
		                                                     : descriptor->type };
}

unsigned efi_map_read(struct span map, uint64_t stride, struct firmware_range *ranges,
                      unsigned capacity)
{
	struct efi_memory_descriptor descriptor;
	struct firmware_range last = { 0 };
	unsigned count = 0;

	if (stride < sizeof(descriptor))
		return 0;
	for (uint64_t at = 0; span_read(map, at, &descriptor, sizeof(descriptor)); at += stride) {
		struct firmware_range range = range_of(&descriptor);

		if (range.phys.begin == range.phys.end)
			continue;
		if (count > 0 && last.raw == range.raw && last.phys.end == range.phys.begin)
			last.phys.end = range.phys.end;
		else {
			last = range;
			count++;
		}
		if (count <= capacity)
			ranges[count - 1] = last;
		if (stride > map.size - at)
			break;
	}
	return count;
}
