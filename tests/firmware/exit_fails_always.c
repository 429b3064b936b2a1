/* SPDX-License-Identifier: MIT */
/* exit_fails_always.c - ExitBootServices() always fails. */
#include "kit.h"

static efi_status EFIAPI leave(efi_handle image, uint64_t key)
{
	(void)image;
	(void)key;
	take_page(0);
	return EFI_INVALID_PARAMETER;
}

void change(struct efi_boot_services *services)
{
	services->exit_boot_services = leave;
}
