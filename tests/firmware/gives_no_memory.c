/* SPDX-License-Identifier: MIT */
/* gives_no_memory.c - allocates no more than a few pages. */
#include "kit.h"

static efi_status EFIAPI allocate(enum efi_allocate how, enum efi_memory_type type, uint64_t pages,
                                  uint64_t *at)
{
	if (pages > 16)
		return EFI_NOT_FOUND;
	return real.allocate_pages(how, type, pages, at);
}

void change(struct efi_boot_services *services)
{
	services->allocate_pages = allocate;
}
