/* SPDX-License-Identifier: MIT */
/* clock.h - the clock for showing progress, which each platform with slow files provides. */
#ifndef CONSOLE_CLOCK_H
#define CONSOLE_CLOCK_H

#include <stdint.h>

#define CLOCK_SECOND 18 /* ticks per second, as the BIOS counts them; really 18.2 */

/* Ticks since midnight. */
uint32_t clock_ticks(void);

#endif
