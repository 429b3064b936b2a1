/* SPDX-License-Identifier: MIT */
/* first.h - whether the image is whole, before any of it is relied on. */
#ifndef PLATFORM_UEFI_FIRST_H
#define PLATFORM_UEFI_FIRST_H

#include "platform/uefi/efi.h"

/* Called by start.asm alone, before the image is relocated. EFI_CRC_ERROR, after words on the
 * firmware's console and on COM1, if the image is not as it was linked; start.asm returns it. */
efi_status first_check(struct efi_system_table *system);

#endif
