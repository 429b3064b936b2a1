/* SPDX-License-Identifier: MIT */
/*
 * e820_entry.h - an entry of the memory map as a PC's firmware words it, whoever hands it on: the
 * BIOS itself, a Multiboot loader, a hypervisor.
 */
#ifndef E820_E820_ENTRY_H
#define E820_E820_ENTRY_H

#include "core/machine.h"

/* As int 15h, AX=E820h writes it (ACPI 6.5, table 15.5). */
struct e820_entry {
	uint64_t begin;
	uint64_t size;
	uint32_t type;
	uint32_t attributes; /* where whoever hands it on has none: E820_VALID */
};
_Static_assert(sizeof(struct e820_entry) == 24, "ACPI 6.5, table 15.5");

#define E820_MEMORY 1u /* the type of what is free (ACPI 6.5, table 15.2) */
#define E820_VALID  1u /* without this bit the entry is to be ignored (ACPI 6.5, table 15.4) */

/* What the entry says, to the byte. False if that is nothing: it is empty, or to be ignored. */
bool e820_entry_read(const struct e820_entry *entry, struct firmware_range *range);

#endif
