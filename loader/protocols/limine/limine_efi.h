/* SPDX-License-Identifier: MIT */
/* limine_efi.h - what of UEFI is left when a kernel runs, and where it lies. */
#ifndef PROTOCOLS_LIMINE_EFI_H
#define PROTOCOLS_LIMINE_EFI_H

#include "core/machine.h"

/*
 * Where the runtime services lie, and the system table with all that it names and that outlives the
 * boot services: its maker's name, the table of runtime services, and the configuration table; at
 * most `capacity` ranges, to the byte. Returns how many; none without UEFI.
 */
unsigned limine_efi_ranges(const struct machine *machine, struct phys_range *list,
                           unsigned capacity);

#endif
