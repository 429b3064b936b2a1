/* SPDX-License-Identifier: MIT */
/*
 * kit.h - firmware with habits: each program here changes some of its services, and then starts the
 * loader (\isolinux\loader.efi), which does not know that.
 */
#ifndef KIT_H
#define KIT_H

#include "platform/uefi/efi.h"

/* Changes services. Each program defines it. */
void change(struct efi_boot_services *services);

/* The services as they were. */
extern struct efi_boot_services real;

/* Allocates a page for the firmware, for good: at `at`, or anywhere if that is 0. */
void take_page(uint64_t at);

#endif
