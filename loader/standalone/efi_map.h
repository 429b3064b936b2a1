/* SPDX-License-Identifier: MIT */
/* efi_map.h - makes the core's memory ranges from UEFI's memory map. Calls no firmware. */
#ifndef STANDALONE_EFI_MAP_H
#define STANDALONE_EFI_MAP_H

#include "core/machine.h"

_Static_assert(sizeof(struct efi_memory_descriptor) == 40, "UEFI 2.10, 7.2.3");

/*
 * Converts the descriptors in `map`, which are `stride` bytes apart (UEFI 2.10, 7.2.3), to ranges,
 * in the same order; adjacent ranges of one type are merged. Memory that belongs to boot services
 * becomes usable. Returns the number of ranges; those beyond `capacity` are not written.
 */
unsigned efi_map_read(struct span map, uint64_t stride, struct firmware_range *ranges,
                      unsigned capacity);

#endif
