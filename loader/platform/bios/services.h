/* SPDX-License-Identifier: MIT */
/* services.h - small services of the BIOS: clock, power, text on the screen. */
#ifndef BIOS_SERVICES_H
#define BIOS_SERVICES_H

#include "core/colour.h"
#include "core/plan/plan.h"
#include "core/report.h"

/* Fills in date and time; left 0 if the clock does not run. */
void bios_read_time(struct clock *clock);

/* Fills in what only old protocols hand over: APM, whose interface is connected then, and where the
 * BIOS tells of its configuration. */
void bios_read_old(struct bios *bios);

/* Takes back what bios_read_old() has switched. */
void bios_release_old(const struct bios *bios);

/* Sets one of the BIOS's own screen modes, which clears the screen. */
void bios_set_mode(uint8_t mode);

/* Does with the screen what a kernel is promised at its start. */
void bios_enter_screen(enum entry_screen screen);

/* Shows so many characters where the cursor is, in a colour; COLOUR_AS_IS takes what is there. */
void bios_write(const char *text, size_t length, enum colour colour);

/* How many characters a line of the screen has. */
unsigned bios_columns(void);

/* Empties the screen; the cursor is in its upper left corner then. */
void bios_clear(void);

/* Stops the machine for good. */
_Noreturn void bios_halt(void);

/* Switches the machine off. On false, the reason is in the report. */
bool bios_power_off(struct report *report);

/* Waits, then restarts the machine. */
_Noreturn void bios_reboot(unsigned seconds);

/* The same where there is no BIOS that could wait. By the CPU's counter, that may take some times
 * as long; a CPU without one does not wait. */
_Noreturn void lone_reboot(unsigned seconds);

#endif
