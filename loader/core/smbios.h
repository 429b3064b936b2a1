/* SPDX-License-Identifier: MIT */
/* smbios.h - where the tables of the System Management BIOS lie. */
#ifndef CORE_SMBIOS_H
#define CORE_SMBIOS_H

#include "core/machine.h"

#define SMBIOS_TABLES 4 /* at most: two entry points, and the structures of each */

/* The memory of the entry points at machine->smbios and machine->smbios3, and of their structures,
 * to the byte. Returns how many ranges. */
unsigned smbios_tables(const struct machine *machine, struct phys_range list[SMBIOS_TABLES]);

#endif
