/* SPDX-License-Identifier: MIT */
/* gives_no_map.c - returns no memory map. */
#include "kit.h"

static efi_status EFIAPI get_map(uint64_t *size, void *map, uint64_t *key, uint64_t *stride,
                                 uint32_t *version)
{
	(void)size;
	(void)map;
	(void)key;
	(void)stride;
	(void)version;
	return EFI_INVALID_PARAMETER;
}

void change(struct efi_boot_services *services)
{
	services->get_memory_map = get_map;
}
