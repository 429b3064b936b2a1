/* SPDX-License-Identifier: MIT */
/* loses_the_map.c - returns no memory map as soon as the screen is switched to another mode. */
#include "kit.h"

/* UEFI 2.10, 12.9.2 */
static const struct efi_guid graphics_guid = {
	0x9042a9de, 0x23dc, 0x4a38, { 0x96, 0xfb, 0x7a, 0xde, 0xd0, 0x80, 0x51, 0x6a }
};

static const struct efi_graphics *graphics;
static uint32_t first_mode;

static efi_status EFIAPI get_map(uint64_t *size, void *map, uint64_t *key, uint64_t *stride,
                                 uint32_t *version)
{
	if (graphics->mode->mode != first_mode)
		return EFI_INVALID_PARAMETER;
	return real.get_memory_map(size, map, key, stride, version);
}

void change(struct efi_boot_services *services)
{
	void *found;

	if (real.locate_protocol(&graphics_guid, NULL, &found) != EFI_SUCCESS)
		return;
	graphics = found;
	first_mode = graphics->mode->mode;
	services->get_memory_map = get_map;
}
