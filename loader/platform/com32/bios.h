/* SPDX-License-Identifier: MIT */
/* bios.h - what the BIOS knows about the machine. */
#ifndef PLATFORM_COM32_BIOS_H
#define PLATFORM_COM32_BIOS_H

#include "core/machine.h"
#include "core/report.h"

/* What struct machine points at. */
struct bios_facts {
	struct firmware_range ranges[512];
	struct processor processors[256];
	char folder[256];
};

/* Fills in machine->firmware. On false, the reason is in the report. */
bool bios_read_memory(struct machine *machine, struct bios_facts *facts, struct report *report);

/* Fills in what else the BIOS and its tables tell: RSDP, SMBIOS, the real-time clock. What is not
 * there is 0. Always true. */
bool bios_read_facts(struct machine *machine, struct bios_facts *facts);

/* Fills in what only old protocols hand over: machine->apm and machine->rom_configuration. The
 * interface of APM is connected then. Always true. */
bool bios_read_old(struct machine *machine);

/* Disconnects the interface of APM. */
void bios_disconnect_apm(void);

/* Sets one of the BIOS's own screen modes, which clears the screen. */
void bios_set_mode(uint8_t mode);

/* Stops the machine for good. */
_Noreturn void bios_halt(void);

/* Switches the machine off. On false, the reason is in the report. */
bool bios_power_off(struct report *report);

/* Waits, then restarts the machine. */
_Noreturn void bios_reboot(unsigned seconds);

#endif
