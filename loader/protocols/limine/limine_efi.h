/* SPDX-License-Identifier: MIT */
/* limine_efi.h - where the parts of UEFI are that remain when a kernel runs. */
#ifndef PROTOCOLS_LIMINE_EFI_H
#define PROTOCOLS_LIMINE_EFI_H

#include "core/plan/plan.h"

/*
 * The memory of the runtime services, of the system table, and of what it points at that outlives
 * the boot services: vendor name, runtime services table and configuration table; at most
 * `capacity` ranges, to the byte. Returns how many; 0 without UEFI.
 */
unsigned limine_efi_ranges(const struct machine *machine, struct phys_range *list,
                           unsigned capacity);

/*
 * Names the memory that UEFI's boot services have used, since a kernel may still want what they
 * left there, such as the picture that ACPI's BGRT points at. The plan may place things in it.
 */
void limine_plan_boot_services(struct plan *plan);

#endif
