/* SPDX-License-Identifier: MIT */
/* tables.h - what UEFI reports about the machine, except memory. */
#ifndef PLATFORM_UEFI_TABLES_H
#define PLATFORM_UEFI_TABLES_H

#include "core/machine.h"

/* Fills in RSDP, SMBIOS, date and time, and the drive of the loader. What does not exist is 0. */
void tables_read(struct machine *machine);

/* Takes a random number from the firmware's generator, if it has one. */
void random_ask(struct machine *machine);

#endif
