/* SPDX-License-Identifier: MIT */
/* tables.h - the tables in the BIOS's ROM. */
#ifndef BIOS_TABLES_H
#define BIOS_TABLES_H

#include "core/machine.h"

/* Fills in where RSDP and SMBIOS are; 0 if they are not there. */
void tables_read(struct machine *machine);

#endif
