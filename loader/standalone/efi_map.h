/* SPDX-License-Identifier: MIT */
/* efi_map.h - makes the core's memory ranges from UEFI's memory map. Calls no firmware. */
#ifndef STANDALONE_EFI_MAP_H
#define STANDALONE_EFI_MAP_H

#include "core/machine.h"

/* Types of memory (UEFI 2.10, 7.2). */
enum efi_memory_type {
	EFI_RESERVED,
	EFI_LOADER_CODE,
	EFI_LOADER_DATA,
	EFI_BOOT_CODE,
	EFI_BOOT_DATA,
	EFI_RUNTIME_CODE,
	EFI_RUNTIME_DATA,
	EFI_CONVENTIONAL,
	EFI_UNUSABLE,
	EFI_ACPI_RECLAIM,
	EFI_ACPI_NVS,
	EFI_MAPPED_IO,
	EFI_MAPPED_IO_PORTS,
	EFI_PAL_CODE,
	EFI_PERSISTENT,
	EFI_UNACCEPTED
};

/* An entry of the map (7.2.3). Entries are `stride` bytes apart, which may be more than this. */
struct efi_memory_descriptor {
	uint32_t type, padding;
	uint64_t physical, virtual, pages, attributes;
};
_Static_assert(sizeof(struct efi_memory_descriptor) == 40, "UEFI 2.10, 7.2.3");

/*
 * Converts the descriptors in `map`, which are `stride` bytes apart (UEFI 2.10, 7.2.3), to ranges,
 * in the same order; adjacent ranges of one type are merged. Memory that belongs to boot services
 * becomes usable. Returns the number of ranges; those beyond `capacity` are not written.
 */
unsigned efi_map_read(struct span map, uint64_t stride, struct firmware_range *ranges,
                      unsigned capacity);

#endif
