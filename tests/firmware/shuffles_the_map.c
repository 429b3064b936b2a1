/* SPDX-License-Identifier: MIT */
/* shuffles_the_map.c - returns its map in reverse, in descriptors that are larger than ours. */
#include "kit.h"

#include "standalone/efi_map.h"

#define WIDE 64 /* bytes of a descriptor */

static efi_status EFIAPI get_map(uint64_t *size, void *map, uint64_t *key, uint64_t *stride,
                                 uint32_t *version)
{
	static uint8_t found[64 * KIB];
	uint64_t room = *size, got = sizeof(found), count;
	efi_status status = real.get_memory_map(&got, found, key, stride, version);
	uint8_t *to = map;

	if (status != EFI_SUCCESS)
		return status;
	count = got / *stride;
	*size = count * WIDE;
	if (room < *size)
		return EFI_BUFFER_TOO_SMALL;
	memset(to, 0xcc, *size);
	for (uint64_t i = 0; i < count; i++)
		memcpy(to + (count - 1 - i) * WIDE, found + i * *stride,
		       sizeof(struct efi_memory_descriptor));
	*stride = WIDE;
	return EFI_SUCCESS;
}

void change(struct efi_boot_services *services)
{
	services->get_memory_map = get_map;
}
