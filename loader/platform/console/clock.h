/* SPDX-License-Identifier: MIT */
/* clock.h - the clock that progress is shown by, which each platform with slow files brings. */
#ifndef CONSOLE_CLOCK_H
#define CONSOLE_CLOCK_H

#include <stdint.h>

#define CLOCK_SECOND 18 /* ticks, as the BIOS counts them: 18.2 in truth */

/* Ticks since midnight. */
uint32_t clock_ticks(void);

#endif
