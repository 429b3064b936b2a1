/* SPDX-License-Identifier: MIT */
/*
 * efi_map.c - any memory map of UEFI, its descriptors any distance apart: the first two bytes say
 * which. The map made of it is sound, and says usable only where the firmware's memory is free
 * after the exit, and no other descriptor says otherwise.
 */
#include "map.h"

#include "standalone/efi_map.h"

static struct span map;
static uint16_t stride; /* bytes from one descriptor to the next */

/* True if memory of a type is free once the firmware is gone (UEFI 2.10, table 7.6). */
static bool is_free(uint32_t type)
{
	return (type >= EFI_LOADER_CODE && type <= EFI_BOOT_DATA) || type == EFI_CONVENTIONAL;
}

/* True if [at, at + a page) is free, and no byte of it is anything else. Free pieces may be many
 * and odd: all bytes of the page must be in one, or in several that follow each other. */
static bool is_ram(uint64_t at)
{
	struct efi_memory_descriptor descriptor;
	uint64_t free = 0; /* free bytes of the page, some perhaps counted more than once */

	for (uint64_t i = 0; span_read(map, i, &descriptor, sizeof(descriptor)); i += stride) {
		uint64_t begin = descriptor.physical;
		uint64_t pages = min_u64(descriptor.pages, (UINT64_MAX - begin) / PAGE_SIZE);
		uint64_t end = begin + pages * PAGE_SIZE;

		if (end <= at || begin >= at + PAGE_SIZE || begin == end)
			continue;
		if (!is_free(descriptor.type))
			return false;
		free += min_u64(end, at + PAGE_SIZE) - max_u64(begin, at);
	}
	return free >= PAGE_SIZE;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	unsigned count;

	map = (struct span){ bytes, size };
	take_bytes(&map, &stride, sizeof(stride));
	count = efi_map_read(map, stride, ranges, MOST);
	if (count <= MOST)
		expect_sound_map(count);
	return 0;
}
