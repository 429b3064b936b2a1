/* SPDX-License-Identifier: MIT */
/* takes_the_place.c - allocates, during ExitBootServices(), the memory where a kernel would go: 1
 * MiB. */
#include "kit.h"

static efi_status EFIAPI leave(efi_handle image, uint64_t key)
{
	static bool taken;

	if (!taken) {
		taken = true;
		take_page(0x100000);
		return EFI_INVALID_PARAMETER;
	}
	return real.exit_boot_services(image, key);
}

void change(struct efi_boot_services *services)
{
	services->exit_boot_services = leave;
}
