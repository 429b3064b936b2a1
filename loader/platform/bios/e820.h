/* SPDX-License-Identifier: MIT */
/* e820.h - the BIOS's memory map. */
#ifndef BIOS_E820_H
#define BIOS_E820_H

#include "core/machine.h"
#include "core/report.h"

/* Fills in machine->firmware, with room for `capacity` ranges, at least 3. On false, the reason is
 * in the report. */
bool e820_read(struct machine *machine, struct firmware_range *ranges, unsigned capacity,
               struct report *report);

#endif
