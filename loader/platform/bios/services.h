/* SPDX-License-Identifier: MIT */
/* services.h - small services of the BIOS: clock, power, text on the screen. */
#ifndef BIOS_SERVICES_H
#define BIOS_SERVICES_H

#include "core/colour.h"
#include "core/plan/plan.h"
#include "core/report.h"

/* Fills in date and time; left 0 if the clock does not run. */
void bios_read_time(struct clock *clock);

/* Fills in what only old protocols pass on: APM, whose interface is then connected, and the address
 * of the BIOS's configuration table. */
void bios_read_old(struct bios *bios);

/* Undoes bios_read_old(): disconnects APM. */
void bios_release_old(const struct bios *bios);

/* Sets one of the BIOS's own screen modes, which clears the screen. */
void bios_set_mode(uint8_t mode);

/* Prepares the screen in the state that the kernel is promised. */
void bios_enter_screen(enum entry_screen screen);

/* Shows `length` characters at the cursor, in a colour; COLOUR_AS_IS keeps the cell's colours. */
void bios_write(const char *text, size_t length, enum colour colour);

/* The width of the screen in characters. */
unsigned bios_columns(void);

/* Clears the screen, and puts the cursor into its upper left corner. */
void bios_clear(void);

/* Switches the machine off. On false, the reason is in the report. */
bool bios_power_off(struct report *report);

/* Waits, then restarts the machine. */
_Noreturn void bios_reboot(unsigned seconds);

/* The same without a BIOS. The wait is measured by the time stamp counter, and may be several times
 * as long. */
_Noreturn void lone_reboot(unsigned seconds);

#endif
