/* SPDX-License-Identifier: MIT */
/* exit_fails_twice.c - allocates memory during ExitBootServices(), and so changes its map,
 * twice. */
#include "kit.h"

static efi_status EFIAPI leave(efi_handle image, uint64_t key)
{
	static unsigned calls;

	if (calls++ < 2) {
		take_page(0);
		return EFI_INVALID_PARAMETER;
	}
	return real.exit_boot_services(image, key);
}

void change(struct efi_boot_services *services)
{
	services->exit_boot_services = leave;
}
