/* SPDX-License-Identifier: MIT */
/* first.h - checks that the image is complete, before any of it is relied on. */
#ifndef PLATFORM_UEFI_FIRST_H
#define PLATFORM_UEFI_FIRST_H

#include "platform/uefi/efi.h"

/* Called only by start.asm, before the image is relocated. If the image is not as it was linked,
 * prints a message on the firmware's console and on COM1, and returns EFI_CRC_ERROR, as start.asm
 * then does. */
efi_status first_check(struct efi_system_table *system);

#endif
