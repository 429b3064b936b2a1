/* SPDX-License-Identifier: MIT */
/* screen.h - the firmware's text devices and its keyboard. */
#ifndef PLATFORM_UEFI_SCREEN_H
#define PLATFORM_UEFI_SCREEN_H

#include <stdbool.h>

/* Finds the devices that show text. Those that come later are not seen. */
void screen_open(void);

/* True if there is one. */
bool screen_is_there(void);

/* The next key of those pressed so far, as in standalone/line.h; KEY_NOTHING if there is none. */
unsigned screen_key(void);

#endif
