/* SPDX-License-Identifier: MIT */
/* smbios.h - where the tables of the System Management BIOS lie. */
#ifndef CORE_SMBIOS_H
#define CORE_SMBIOS_H

#include "core/machine.h"

#define SMBIOS_TABLES 4 /* at most: two entry points, and the structures of each */

/* Where the entry points that machine->smbios and smbios3 tell of lie, and their structures, to the
 * byte. Returns how many. */
unsigned smbios_tables(const struct machine *machine, struct phys_range list[SMBIOS_TABLES]);

#endif
