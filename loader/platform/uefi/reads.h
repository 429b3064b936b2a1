/* SPDX-License-Identifier: MIT */
/*
 * reads.h - watches every block that the firmware reads from our volume. The AHCI driver of EDK2
 * (edk2-stable202211) tries a read five times and then returns success, with nothing read: so
 * blocks are marked before a read, and those that still have their mark were not read.
 */
#ifndef PLATFORM_UEFI_READS_H
#define PLATFORM_UEFI_READS_H

#include "platform/uefi/efi.h"

/* Watches reads from a device, until reads_leave(). Blocks that the firmware has cached before are
 * not checked. */
void reads_watch(efi_handle device);

/* False if these bytes of a file, from a block's beginning on, contain a block that could not be
 * read: EDK2's FAT driver caches such blocks, and treats them as valid the next time. */
bool reads_came(const uint8_t *bytes, uint64_t size);

/* Restores the firmware's own functions. */
void reads_leave(void);

#endif
