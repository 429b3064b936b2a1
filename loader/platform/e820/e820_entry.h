/* SPDX-License-Identifier: MIT */
/*
 * e820_entry.h - an entry of the memory map in E820's format, whether it comes from the BIOS, a
 * Multiboot loader or a hypervisor.
 */
#ifndef E820_E820_ENTRY_H
#define E820_E820_ENTRY_H

#include "core/machine.h"

/* As int 15h, AX=E820h writes it (ACPI 6.5, 15.1, Address Range Descriptor Structure). */
struct e820_entry {
	uint64_t begin;
	uint64_t size;
	uint32_t type;
	uint32_t attributes; /* extended attributes; E820_VALID if the source has none */
};
_Static_assert(sizeof(struct e820_entry) == 24, "ACPI 6.5, table 15.5");

#define E820_MEMORY 1u /* the type of free memory (ACPI 6.5, 15) */
#define E820_VALID  1u /* extended attribute: without it, ignore the entry (ACPI 6.5, 15.1) */

/* Converts the entry, to the byte. False if it is empty, or to be ignored. */
bool e820_entry_read(const struct e820_entry *entry, struct firmware_range *range);

#endif
