/* SPDX-License-Identifier: MIT */
/* tables.h - UEFI's facts about the machine, other than memory. */
#ifndef PLATFORM_UEFI_TABLES_H
#define PLATFORM_UEFI_TABLES_H

#include "core/machine.h"

/* Fills in RSDP, SMBIOS, date and time, and where the loader came from. What is not there is 0. */
void tables_read(struct machine *machine);

/* Takes a random number from the firmware's generator, if it has one. */
void random_ask(struct machine *machine);

#endif
