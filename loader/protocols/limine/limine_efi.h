/* SPDX-License-Identifier: MIT */
/* limine_efi.h - where the parts of UEFI are that remain when a kernel runs. */
#ifndef PROTOCOLS_LIMINE_EFI_H
#define PROTOCOLS_LIMINE_EFI_H

#include "core/machine.h"

/*
 * The memory of the runtime services, of the system table, and of what it points at that outlives
 * the boot services: vendor name, runtime services table and configuration table; at most
 * `capacity` ranges, to the byte. Returns how many; 0 without UEFI.
 */
unsigned limine_efi_ranges(const struct machine *machine, struct phys_range *list,
                           unsigned capacity);

#endif
